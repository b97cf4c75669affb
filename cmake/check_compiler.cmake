# Why the compiler cannot compile the library or what includes it, in bandwidth_webrtc_compiler_refusal; empty where it can. It needs
# C++20's coroutines, concepts and ranges. Installed too, for find_package.
set(bandwidth_webrtc_compiler_refusal)
set(bandwidth_webrtc_oldest_GNU 12)
set(bandwidth_webrtc_oldest_Clang 14)
if(DEFINED bandwidth_webrtc_oldest_${CMAKE_CXX_COMPILER_ID} AND
   CMAKE_CXX_COMPILER_VERSION VERSION_LESS bandwidth_webrtc_oldest_${CMAKE_CXX_COMPILER_ID})
    string(CONCAT bandwidth_webrtc_compiler_refusal
           "bandwidth_webrtc needs g++ 12 or clang++ 14, or a newer one, and the compiler is "
           "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}: choose another with -DCMAKE_CXX_COMPILER=g++-12, say.")
endif()
