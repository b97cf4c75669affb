# A vcpkg port that builds the sources around it, as an overlay:
#     vcpkg install "bandwidth-webrtc[testing]" --overlay-ports=cmake/packaging/vcpkg
# Not tried with vcpkg: no registry of it could be reached where this was written. A test reads it (test/consumer/recipes).
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        testing BANDWIDTH_WEBRTC_BUILD_TESTING
        tools   BANDWIDTH_WEBRTC_BUILD_TOOLS)

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${FEATURE_OPTIONS}
        -DBANDWIDTH_WEBRTC_INSTALL=ON
        -DBANDWIDTH_WEBRTC_BUILD_TESTS=OFF
        -DBANDWIDTH_WEBRTC_BUILD_EXAMPLES=OFF
        -DBANDWIDTH_WEBRTC_BUILD_BENCH=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME bandwidth_webrtc CONFIG_PATH lib/cmake/bandwidth_webrtc)
vcpkg_fixup_pkgconfig()
if("tools" IN_LIST FEATURES)
    vcpkg_copy_tools(TOOL_NAMES bandwidth-webrtc-bulk bandwidth-webrtc-loopback AUTO_CLEAN)
endif()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
