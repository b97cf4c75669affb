# A test that had no server to try against is shown as skipped, not as passed.
list(APPEND folder_properties SKIP_REGULAR_EXPRESSION "SKIPPED: ")
