# The tests of the program as a whole start it; it is not there when CLI11 is missing.
if(TARGET bandwidth-webrtc-loopback)
    target_compile_definitions(test_loopback PRIVATE LOOPBACK_SERVER="$<TARGET_FILE:bandwidth-webrtc-loopback>")
    add_dependencies(test_loopback bandwidth-webrtc-loopback)
else()
    message(WARNING "The program bandwidth-webrtc-loopback is not built (is libcli11-dev missing?), and so not tested")
    set_source_files_properties(loopback/program_test.cpp PROPERTIES HEADER_FILE_ONLY ON)
endif()
