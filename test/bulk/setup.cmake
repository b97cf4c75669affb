# The tests of the program as a whole start it.
target_link_libraries(test_bulk PRIVATE bandwidth_webrtc_bulk)
target_compile_definitions(test_bulk PRIVATE BANDWIDTH_WEBRTC_BULK="$<TARGET_FILE:bandwidth-webrtc-bulk>")
add_dependencies(test_bulk bandwidth-webrtc-bulk)
