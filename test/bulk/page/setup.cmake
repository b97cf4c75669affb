# The pages in a browser, where there is one: Debian's chromium and chromium-driver, and Node.js 18 or newer.
find_program(NODE node)
mark_as_advanced(NODE)
if(NODE)
    add_test(NAME bulk/pages_in_chromium
        COMMAND ${NODE} ${CMAKE_CURRENT_LIST_DIR}/run.mjs $<TARGET_FILE:test_bulk>)
else()
    add_test(NAME bulk/pages_in_chromium COMMAND ${CMAKE_COMMAND} -E echo "*** SKIPPED: Node.js is missing.")
endif()
set_tests_properties(bulk/pages_in_chromium PROPERTIES
    LABELS bulk TIMEOUT 600 SKIP_RETURN_CODE 77 SKIP_REGULAR_EXPRESSION "SKIPPED: ")
