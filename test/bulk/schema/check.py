#!/usr/bin/env python3
"""check.py SCHEMA PROGRAM [ARGUMENT...]: runs the program and checks the reports that it prints, one JSON value after
another, against the schema. Fails when a report breaks the schema or has a field that the schema does not describe, when a
field of the schema has no description, and when the schema would not notice that a field is missing.

Exits with 77 where jsonschema (Debian: python3-jsonschema, 4 or later) is missing, so that the test counts as skipped.
"""
import copy
import json
import subprocess
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("*** SKIPPED: the Python package jsonschema, 4 or later, is missing (Debian: python3-jsonschema).")
    sys.exit(77)


def fail(problem):
    print(f"FAILED: {problem}")
    sys.exit(1)


def objects_of(schema, path="#"):
    """Each part of the schema that describes an object with named fields, and its path."""
    if isinstance(schema, list):
        for number, one in enumerate(schema):
            yield from objects_of(one, f"{path}/{number}")
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield path, schema
        for name, one in schema.items():
            yield from objects_of(one, f"{path}/{name}")


def check_descriptions(schema):
    for path, described in objects_of(schema):
        for name, field in described["properties"].items():
            if not field.get("description"):
                fail(f"{path}: '{name}' has no description")
            # Counts have none; times and shares have to tell theirs.
            if name.endswith("_ns") and field.get("type") == "integer" and "nanoseconds" not in field["description"]:
                fail(f"{path}: the description of '{name}' does not tell the unit")


def strict(schema):
    """The same schema, but that no field may be added: readers ignore fields that they do not know, yet this program
    may write none that is not described."""
    closed = copy.deepcopy(schema)
    for _, described in objects_of(closed):
        described["additionalProperties"] = False
    return closed


def reports_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    # 1: operations failed, which a report tells as well.
    if done.returncode not in (0, 1):
        fail(f"{command[0]} ended with {done.returncode}")
    text = done.stdout.decode("utf-8").lstrip()
    reports = []
    while text:
        report, end = json.JSONDecoder().raw_decode(text)
        reports.append(report)
        text = text[end:].lstrip()
    if not reports:
        fail(f"{command[0]} printed no report")
    return reports


def fields_of(value, path=()):
    """The path of each field at any depth; of a list those of its first element."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield path + (name,)
            if name not in ("settings", "operation_times_ns"):  # their names are no fields
                yield from fields_of(one, path + (name,))
    elif isinstance(value, list) and value:
        yield from fields_of(value[0], path + (0,))


# What stands only where there is something to tell.
OPTIONAL = {"ended_early", "first_error", "first_mismatch", "most_pipelined_at_service"}


def check_that_faults_are_found(validator, report):
    for path in list(fields_of(report)):
        without = copy.deepcopy(report)
        parent = without
        for step in path[:-1]:
            parent = parent[step]
        name = path[-1]
        value = parent.pop(name)
        if validator.is_valid(without) != (name in OPTIONAL):
            fail(f"the schema does not notice that {path} is missing, or needs what is optional")
        parent[name + "_new"] = parent[name] = value
        if validator.is_valid(without):
            fail(f"the schema does not notice that beside {path} there is a field more")
        parent.pop(name + "_new")
        parent[name] = [[]]
        if validator.is_valid(without):
            fail(f"the schema does not notice that {path} has another type")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    check_descriptions(schema)
    validator = Draft202012Validator(strict(schema))
    reports = reports_of(sys.argv[2:])
    for number, report in enumerate(reports, 1):
        for error in validator.iter_errors(report):
            fail(f"report {number}: /{'/'.join(map(str, error.absolute_path))}: {error.message[:500]}")
    # In the one that has the most fields, without the seconds and counters that only take time.
    largest = max(reports, key=lambda one: len(list(fields_of(one))))
    check_that_faults_are_found(validator, largest)
    print(f"{len(reports)} reports as the schema describes them")


if __name__ == "__main__":
    main()
