target_compile_definitions(test_fuzz PRIVATE FUZZ_CORPUS="${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus")
# The journal of the bulk tool is fuzzed, of which this folder needs nothing else.
set(fuzz_journal_sources ${PROJECT_SOURCE_DIR}/src/bulk/journal/journal.cpp ${PROJECT_SOURCE_DIR}/src/bulk/job/calls.cpp)
target_sources(test_fuzz PRIVATE ${fuzz_journal_sources})

# One program for each target, with libFuzzer: clang only. The library must be built with -fsanitize=fuzzer-no-link,
# as the preset "fuzz" does.
if(BANDWIDTH_WEBRTC_BUILD_FUZZERS)
    set(fuzz_programs)
    foreach(target IN ITEMS response_reader http1_connection json_codec error_body token_response proxy_handshake url retry_after event bxml journal trace_context)
        add_executable(fuzz_${target} fuzz/libfuzzer/entry.cpp fuzz/${target}.cpp)
        target_compile_definitions(fuzz_${target} PRIVATE FUZZ_TARGET=${target})
        target_include_directories(fuzz_${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
        target_link_libraries(fuzz_${target} PRIVATE bandwidth::webrtc Boost::json Boost::url OpenSSL::SSL OpenSSL::Crypto)
        target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
        bandwidth_webrtc_set_flags(fuzz_${target})
        list(APPEND fuzz_programs fuzz_${target})
    endforeach()
    target_sources(fuzz_journal PRIVATE ${fuzz_journal_sources})
    add_custom_target(fuzzers DEPENDS ${fuzz_programs})
endif()
