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
# A test that had no server to try against is shown as skipped, not as passed.
list(APPEND folder_properties SKIP_REGULAR_EXPRESSION "SKIPPED: ")
