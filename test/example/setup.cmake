# The tests start the program.
if(NOT TARGET example_session_service)
    add_subdirectory(${PROJECT_SOURCE_DIR}/example ${PROJECT_BINARY_DIR}/example)
endif()
target_compile_definitions(test_example PRIVATE
    SESSION_SERVICE="$<TARGET_FILE:example_session_service>" MINIMAL="$<TARGET_FILE:example_minimal>"
    HTTPS_REQUESTS="$<TARGET_FILE:example_https_requests>" EVENT_SERVICE="$<TARGET_FILE:example_event_service>"
    CREATE_SESSIONS_FROM_FILE="$<TARGET_FILE:example_create_sessions_from_file>")
add_dependencies(test_example example_session_service example_minimal example_https_requests example_event_service
    example_create_sessions_from_file)
# What the examples have beside programs. An adapter whose library is not installed is not there.
target_include_directories(test_example PRIVATE ${PROJECT_SOURCE_DIR}/example ${CMAKE_CURRENT_LIST_DIR}/opentelemetry_names)
foreach(part IN ITEMS http_server json_log readiness)
    target_sources(test_example PRIVATE ${PROJECT_SOURCE_DIR}/example/session_service/${part}.cpp)
endforeach()
foreach(adapter IN ITEMS spdlog_logger prometheus_metrics)
    if(TARGET example_${adapter})
        target_link_libraries(test_example PRIVATE example_${adapter})
    else()
        set_source_files_properties(example/${adapter}_test.cpp PROPERTIES HEADER_FILE_ONLY ON)
    endif()
endforeach()
# A test that had no server to try against is shown as skipped, not as passed.
list(APPEND folder_properties SKIP_REGULAR_EXPRESSION "SKIPPED: ")
