"""check.py FILE NAME=VERSION...: whether FILE is a document of SPDX 2.3 with all that the specification requires, and has
these packages in these versions."""
import json
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)

assert document["spdxVersion"] == "SPDX-2.3"
assert document["dataLicense"] == "CC0-1.0"
assert document["SPDXID"] == "SPDXRef-DOCUMENT"
assert document["name"]
assert re.fullmatch(r"[a-z]+:[^#]+", document["documentNamespace"])
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"])
assert document["creationInfo"]["creators"]
for creator in document["creationInfo"]["creators"]:
    assert re.match(r"(Tool|Organization|Person): ", creator), creator

versions = {}
ids = {document["SPDXID"]}
for package in document["packages"]:
    assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"]), package
    assert package["SPDXID"] not in ids, package
    assert package["name"] and package["downloadLocation"], package
    assert package["filesAnalyzed"] is False, package  # else files would have to be listed
    assert package["licenseDeclared"], package
    ids.add(package["SPDXID"])
    versions[package["name"]] = package["versionInfo"]
    for reference in package.get("externalRefs", []):
        if reference["referenceType"] == "cpe23Type":
            assert len(reference["referenceLocator"].split(":")) == 13, reference

for relationship in document["relationships"]:
    assert relationship["relationshipType"], relationship
    assert relationship["spdxElementId"] in ids, relationship
    assert relationship["relatedSpdxElement"] in ids, relationship
assert any(each["relationshipType"] == "DESCRIBES" for each in document["relationships"])

for wanted in sys.argv[2:]:
    name, version = wanted.split("=")
    assert versions.get(name) == version, f"{name}: {versions.get(name)} in place of {version}"
assert any(name in versions for name in ("GCC", "Clang")), "no compiler"
print(", ".join(f"{name} {version}" for name, version in versions.items()))
