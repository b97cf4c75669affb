target_compile_definitions(test_fuzz PRIVATE FUZZ_CORPUS="${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus")
# The journal of the bulk tool is fuzzed, of which this folder needs nothing else.
set(fuzz_journal_sources ${PROJECT_SOURCE_DIR}/src/bulk/journal/journal.cpp ${PROJECT_SOURCE_DIR}/src/bulk/job/calls.cpp)
target_sources(test_fuzz PRIVATE ${fuzz_journal_sources})

# The program for libFuzzer, with all targets: clang only. The library tells it which branches an input takes as well.
if(BANDWIDTH_WEBRTC_BUILD_FUZZERS)
    file(GLOB fuzz_targets CONFIGURE_DEPENDS fuzz/*.cpp)
    list(FILTER fuzz_targets EXCLUDE REGEX "_test.cpp$")
    add_executable(fuzzers EXCLUDE_FROM_ALL fuzz/libfuzzer/entry.cpp ${fuzz_targets} ${fuzz_journal_sources})
    target_include_directories(fuzzers PRIVATE ${PROJECT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(fuzzers PRIVATE bandwidth::webrtc Boost::json Boost::url OpenSSL::SSL OpenSSL::Crypto)
    target_compile_options(fuzzers PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(fuzzers PRIVATE -fsanitize=fuzzer)
    bandwidth_webrtc_set_flags(fuzzers)
endif()
