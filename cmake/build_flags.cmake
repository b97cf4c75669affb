# Flags for this project's own targets. They are PRIVATE: nothing of this reaches a user's target or an exported file.

set(bandwidth_webrtc_compile_options -Wall -Wextra -Wconversion -Wshadow)
set(bandwidth_webrtc_link_options)

if(BANDWIDTH_WEBRTC_WERROR)
    list(APPEND bandwidth_webrtc_compile_options -Werror)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\.")
    # With optimisation "a" + std::string is reported as overlapping copies (GCC bug 105651).
    list(APPEND bandwidth_webrtc_compile_options $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()

if(BANDWIDTH_WEBRTC_SANITIZE)
    list(JOIN BANDWIDTH_WEBRTC_SANITIZE "," sanitizers)
    list(APPEND bandwidth_webrtc_compile_options
         -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    list(APPEND bandwidth_webrtc_link_options -fsanitize=${sanitizers})
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND "undefined" IN_LIST BANDWIDTH_WEBRTC_SANITIZE)
        # clang 14 cannot compile coroutines with it: "Cannot represent a difference across sections".
        list(APPEND bandwidth_webrtc_compile_options -fno-sanitize=function)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asio's fences: "atomic_thread_fence is not supported with -fsanitize=thread".
        if("thread" IN_LIST BANDWIDTH_WEBRTC_SANITIZE)
            list(APPEND bandwidth_webrtc_compile_options -Wno-tsan)
        endif()
        # With instrumentation g++ 12 sees uninitialised variables where there are none.
        list(APPEND bandwidth_webrtc_compile_options -Wno-maybe-uninitialized)
        # ... and a mismatch of new and delete in Asio's coroutine frames, which have both.
        list(APPEND bandwidth_webrtc_compile_options $<$<COMPILE_LANGUAGE:CXX>:-Wno-mismatched-new-delete>)
    endif()
endif()

# Where all is compiled anew, programs are linked anew as well: binutils' faster linker takes less than half the time. It does not
# know the symbols of AddressSanitizer, and what is measured, packed or installed is linked as users link it.
if(BANDWIDTH_WEBRTC_UNITY_BUILD AND CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT BUILD_SHARED_LIBS AND
   NOT "address" IN_LIST BANDWIDTH_WEBRTC_SANITIZE)
    find_program(BANDWIDTH_WEBRTC_GOLD ld.gold)
    mark_as_advanced(BANDWIDTH_WEBRTC_GOLD)
    if(BANDWIDTH_WEBRTC_GOLD)
        list(APPEND bandwidth_webrtc_link_options -fuse-ld=gold)
    endif()
endif()

function(bandwidth_webrtc_set_flags target)
    target_compile_features(${target} PRIVATE cxx_std_20)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    target_compile_options(${target} PRIVATE ${bandwidth_webrtc_compile_options})
    target_link_options(${target} PRIVATE ${bandwidth_webrtc_link_options})
    # Users may have a newer Boost, in which the deprecated parts of Asio are gone. What they link with must not have
    # this: Asio's functions return something else then (see abi_check.hpp), and so a program would crash.
    if(BANDWIDTH_WEBRTC_SANITIZE)
        target_compile_definitions(${target} PRIVATE BOOST_ASIO_NO_DEPRECATED)
    endif()
    if(BANDWIDTH_WEBRTC_UNITY_BUILD) # so no two files of a target give the same name to different things
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0) # all of them
        # g++ takes the files for headers, whose classes must not hold what only one file knows.
        target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
        # A fifth less time for a quarter more memory (2.2 GB for the largest): g++ collects its garbage less often.
        target_compile_options(${target} PRIVATE
            "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:SHELL:--param=ggc-min-expand=300 --param=ggc-min-heapsize=524288>")
    endif()
endfunction()
