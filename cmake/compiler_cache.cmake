# Uses ccache when it is there and nobody chose a launcher.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(BANDWIDTH_WEBRTC_CCACHE ccache)
    if(BANDWIDTH_WEBRTC_CCACHE)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${BANDWIDTH_WEBRTC_CCACHE})
    endif()
endif()
