# Writes bandwidth-webrtc.spdx.json into the build folder: what the library and its programs are made of, in the versions
# that this build has found, as SPDX 2.3. The same build gives the same document, where SOURCE_DATE_EPOCH is set.
string(TIMESTAMP sbom_created "%Y-%m-%dT%H:%M:%SZ" UTC)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(sbom_compiler GCC)
    set(sbom_compiler_license "GPL-3.0-or-later WITH GCC-exception-3.1")
    set(sbom_compiler_cpe gnu:gcc)
else()
    set(sbom_compiler ${CMAKE_CXX_COMPILER_ID})
    set(sbom_compiler_license "Apache-2.0 WITH LLVM-exception")
    set(sbom_compiler_cpe llvm:clang)
endif()

# bandwidth_webrtc_add_to_sbom(ID NAME VERSION LICENSE CPE RELATIONSHIP): ID stands in this RELATIONSHIP to the library,
# or where that ends in "_OF", the other way round.
set(sbom_packages)
set(sbom_relationships)
macro(bandwidth_webrtc_add_to_sbom id name version license cpe source relationship)
    string(APPEND sbom_packages ",
    {
      \"SPDXID\": \"SPDXRef-${id}\",
      \"name\": \"${name}\",
      \"versionInfo\": \"${version}\",
      \"downloadLocation\": \"${source}\",
      \"filesAnalyzed\": false,
      \"licenseConcluded\": \"NOASSERTION\",
      \"licenseDeclared\": \"${license}\",
      \"copyrightText\": \"NOASSERTION\",
      \"externalRefs\": [
        {
          \"referenceCategory\": \"SECURITY\",
          \"referenceType\": \"cpe23Type\",
          \"referenceLocator\": \"cpe:2.3:a:${cpe}:${version}:*:*:*:*:*:*:*\"
        }
      ]
    }")
    set(sbom_from SPDXRef-bandwidth-webrtc)
    set(sbom_to SPDXRef-${id})
    if("${relationship}" MATCHES "_OF$")
        set(sbom_from SPDXRef-${id})
        set(sbom_to SPDXRef-bandwidth-webrtc)
    endif()
    string(APPEND sbom_relationships ",
    {
      \"spdxElementId\": \"${sbom_from}\",
      \"relationshipType\": \"${relationship}\",
      \"relatedSpdxElement\": \"${sbom_to}\"
    }")
endmacro()

bandwidth_webrtc_add_to_sbom(boost Boost ${Boost_VERSION} BSL-1.0 boost:boost
    "https://www.boost.org" DEPENDS_ON)
bandwidth_webrtc_add_to_sbom(openssl OpenSSL ${OPENSSL_VERSION} Apache-2.0 openssl:openssl
    "https://www.openssl.org/source" DYNAMIC_LINK)
if(CLI11_FOUND)
    bandwidth_webrtc_add_to_sbom(cli11 CLI11 ${CLI11_VERSION} BSD-3-Clause cli11:cli11
        "https://github.com/CLIUtils/CLI11" OPTIONAL_DEPENDENCY_OF)
endif()
bandwidth_webrtc_add_to_sbom(compiler ${sbom_compiler} ${CMAKE_CXX_COMPILER_VERSION} "${sbom_compiler_license}"
    ${sbom_compiler_cpe} NOASSERTION BUILD_TOOL_OF)

# A name for this document that no other one has: by what stands in it.
string(UUID sbom_id NAMESPACE 6ba7b811-9dad-11d1-80b4-00c04fd430c8 TYPE SHA1
    NAME "${PROJECT_VERSION} ${sbom_created} ${sbom_packages}")
configure_file(cmake/bandwidth-webrtc.spdx.json.in bandwidth-webrtc.spdx.json @ONLY)
