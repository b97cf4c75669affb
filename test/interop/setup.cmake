# A test that had no server to try against is shown as skipped, not as passed.
list(APPEND folder_properties SKIP_REGULAR_EXPRESSION "SKIPPED: ")

# ---- programs from npm: Prism, and Bandwidth's own SDKs, which run against the program bandwidth-webrtc-loopback ----
set(npm_folder ${PROJECT_BINARY_DIR}/test/interop/npm)
find_program(NODE node)
mark_as_advanced(NODE)
target_compile_definitions(test_interop PRIVATE INTEROP_NODE="${NODE}" INTEROP_NPM_FOLDER="${npm_folder}"
    INTEROP_SOURCE_FOLDER="${CMAKE_CURRENT_SOURCE_DIR}/interop")
add_test(NAME interop/npm_packages COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interop/npm/install.sh ${npm_folder})
set_tests_properties(interop/npm_packages PROPERTIES
    LABELS interop TIMEOUT 600 SKIP_RETURN_CODE 77 FIXTURES_SETUP npm_packages)
list(APPEND folder_properties FIXTURES_REQUIRED npm_packages)

foreach(sdk webrtc bandwidth_sdk)
    if(NODE AND TARGET bandwidth-webrtc-loopback)
        add_test(NAME interop/sdk_${sdk}
            COMMAND ${NODE} ${CMAKE_CURRENT_SOURCE_DIR}/interop/sdk/${sdk}.mjs $<TARGET_FILE:bandwidth-webrtc-loopback> ${npm_folder})
    else()
        add_test(NAME interop/sdk_${sdk}
            COMMAND ${CMAKE_COMMAND} -E echo "*** SKIPPED: Node.js or the program bandwidth-webrtc-loopback is missing.")
    endif()
    set_tests_properties(interop/sdk_${sdk} PROPERTIES LABELS interop TIMEOUT 120
        SKIP_REGULAR_EXPRESSION "SKIPPED: " FIXTURES_REQUIRED npm_packages)
endforeach()
