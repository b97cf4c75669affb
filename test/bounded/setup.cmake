# What must not compile, and what the compiler has to say of it.
if(NOT BANDWIDTH_WEBRTC_SANITIZE)
    set(includes $<TARGET_PROPERTY:test_bounded,INCLUDE_DIRECTORIES> $<TARGET_PROPERTY:Boost::headers,INTERFACE_INCLUDE_DIRECTORIES>)
    add_test(NAME bounded/a_function_that_makes_no_call_is_refused_in_words
             COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only "-I$<JOIN:${includes},;-I>"
                     ${CMAKE_CURRENT_SOURCE_DIR}/bounded/refused/make_call.cpp
             COMMAND_EXPAND_LISTS)
    set_tests_properties(bounded/a_function_that_makes_no_call_is_refused_in_words PROPERTIES
        LABELS bounded TIMEOUT 120 PASS_REGULAR_EXPRESSION "error: static[ _]assert.*make_call returns a call")
endif()
