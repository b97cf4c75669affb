# The tests of the program as a whole start it.
target_compile_definitions(test_bench PRIVATE BULK_SESSIONS="$<TARGET_FILE:bulk_sessions>")
add_dependencies(test_bench bulk_sessions)

add_test(NAME bench/verdicts_of_the_goals
         COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bench/verdicts_test.sh ${PROJECT_SOURCE_DIR}/bench)
add_test(NAME bench/report_of_the_side_by_side
         COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bench/report_test.sh ${PROJECT_SOURCE_DIR}/bench)
set_tests_properties(bench/verdicts_of_the_goals bench/report_of_the_side_by_side PROPERTIES LABELS bench TIMEOUT 60)
