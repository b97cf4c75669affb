# The tests of the program as a whole start it.
target_link_libraries(test_bulk PRIVATE bandwidth_webrtc_bulk)
target_compile_definitions(test_bulk PRIVATE BANDWIDTH_WEBRTC_BULK="$<TARGET_FILE:bandwidth-webrtc-bulk>")
add_dependencies(test_bulk bandwidth-webrtc-bulk)

# Reports are held against their published schema, and shown by a browser. Under a sanitizer that would show nothing new: what makes the
# reports is tested above.
if(BANDWIDTH_WEBRTC_SANITIZE)
    return()
endif()
add_executable(bulk_report_samples ${CMAKE_CURRENT_SOURCE_DIR}/bulk/schema/samples.cpp)
target_include_directories(bulk_report_samples PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(bulk_report_samples PRIVATE bandwidth_webrtc_bulk)
bandwidth_webrtc_set_flags(bulk_report_samples)
find_program(BANDWIDTH_WEBRTC_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH) # Debian's, which has the package
find_program(BANDWIDTH_WEBRTC_PYTHON python3)
if(BANDWIDTH_WEBRTC_PYTHON)
    set(check_schema ${BANDWIDTH_WEBRTC_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/bulk/schema/check.py
        ${PROJECT_SOURCE_DIR}/doc/bulk_report.schema.json)
    add_test(NAME bulk/schema_of_samples COMMAND ${check_schema} $<TARGET_FILE:bulk_report_samples>)
    add_test(NAME bulk/schema_of_a_run
             COMMAND ${check_schema} $<TARGET_FILE:bandwidth-webrtc-bulk> --json --quiet --sessions 50 --lives --rate 100)
    set_tests_properties(bulk/schema_of_samples bulk/schema_of_a_run PROPERTIES
        LABELS bulk TIMEOUT 120 SKIP_RETURN_CODE 77)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/page/setup.cmake)
