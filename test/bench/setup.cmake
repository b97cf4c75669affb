# The tests of the program as a whole start it.
target_compile_definitions(test_bench PRIVATE BULK_SESSIONS="$<TARGET_FILE:bulk_sessions>")
add_dependencies(test_bench bulk_sessions)

add_test(NAME bench/verdicts_of_the_goals
         COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bench/verdicts_test.sh ${PROJECT_SOURCE_DIR}/bench)
set_tests_properties(bench/verdicts_of_the_goals PROPERTIES LABELS bench TIMEOUT 60)
