# What must not compile, and what the compiler has to say of it.
if(NOT BANDWIDTH_WEBRTC_SANITIZE)
    set(includes $<TARGET_PROPERTY:test_bounded,INCLUDE_DIRECTORIES> $<TARGET_PROPERTY:Boost::headers,INTERFACE_INCLUDE_DIRECTORIES>)
    add_test(NAME bounded/functions_that_do_not_fit_are_refused_in_words
             COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only "-I$<JOIN:${includes},;-I>"
                     ${CMAKE_CURRENT_SOURCE_DIR}/bounded/refused/functions.cpp
             COMMAND_EXPAND_LISTS)
    set_tests_properties(bounded/functions_that_do_not_fit_are_refused_in_words PROPERTIES
        LABELS bounded TIMEOUT 120 PASS_REGULAR_EXPRESSION
        "static[ _]assert.*make_call takes an item.*make_call returns a call.*on_result takes a bounded_result.*on_result returns nothing"
        FAIL_REGULAR_EXPRESSION "error: [^s]") # of another kind
endif()
