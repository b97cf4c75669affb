# The tests of the program as a whole start it.
target_compile_definitions(test_bench PRIVATE BULK_SESSIONS="$<TARGET_FILE:bulk_sessions>")
add_dependencies(test_bench bulk_sessions)
