# Install rules: components `runtime` (shared library), `dev` (headers, archive, CMake package, pkg-config file), `testing`
# (all of bandwidth::webrtc_testing) and `tools` (the bulk tool with its documents; where libraries are shared, it needs
# `runtime` and `testing` too).
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/bandwidth_webrtc)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# ---- what stands in the pkg-config files ----
# The prefix is found from the file's own place, so that `cmake --install --prefix` and moved trees work.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
    file(RELATIVE_PATH pc_up "/${pkgconfig_dir}" "/")
    string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
    set(pc_prefix "\${pcfiledir}/${pc_up}")
endif()
cmake_path(APPEND pc_libdir "\${prefix}" "${CMAKE_INSTALL_LIBDIR}")
cmake_path(APPEND pc_includedir "\${prefix}" "${CMAKE_INSTALL_INCLUDEDIR}")

# Debian's Boost has no pkg-config files: its libraries stand by name, its folders only where the compiler does not look anyway.
set(pc_boost_cflags)
set(pc_boost_libs "-lboost_json -lboost_url -lboost_container")
get_target_property(boost_include_dir Boost::headers INTERFACE_INCLUDE_DIRECTORIES)
if(NOT boost_include_dir IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    set(pc_boost_cflags " -I${boost_include_dir}")
    cmake_path(SET boost_library_dir NORMALIZE "${Boost_DIR}/../..")
    string(PREPEND pc_boost_libs "-L${boost_library_dir} ")
endif()

# ---- bandwidth::webrtc ----
install(TARGETS bandwidth_webrtc EXPORT bandwidth_webrtc
    RUNTIME COMPONENT runtime
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT dev
    ARCHIVE COMPONENT dev
    FILE_SET HEADERS COMPONENT dev)
install(EXPORT bandwidth_webrtc NAMESPACE bandwidth:: FILE bandwidth_webrtc-targets.cmake
    DESTINATION ${package_dir} COMPONENT dev)

configure_package_config_file(cmake/bandwidth_webrtc-config.cmake.in bandwidth_webrtc-config.cmake
    INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(bandwidth_webrtc-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(cmake/bandwidth-webrtc.pc.in bandwidth-webrtc.pc @ONLY)
install(FILES
    ${PROJECT_BINARY_DIR}/bandwidth_webrtc-config.cmake
    ${PROJECT_BINARY_DIR}/bandwidth_webrtc-config-version.cmake
    DESTINATION ${package_dir} COMPONENT dev)
install(FILES ${PROJECT_BINARY_DIR}/bandwidth-webrtc.pc DESTINATION ${pkgconfig_dir} COMPONENT dev)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT dev)

# ---- bandwidth::webrtc_testing: exported apart, so that the config file works when it is not installed ----
if(BANDWIDTH_WEBRTC_BUILD_TESTING)
    install(TARGETS bandwidth_webrtc_testing EXPORT bandwidth_webrtc_testing
        RUNTIME COMPONENT testing
        LIBRARY COMPONENT testing NAMELINK_COMPONENT testing
        ARCHIVE COMPONENT testing
        FILE_SET HEADERS COMPONENT testing)
    install(EXPORT bandwidth_webrtc_testing NAMESPACE bandwidth:: FILE bandwidth_webrtc-testing-targets.cmake
        DESTINATION ${package_dir} COMPONENT testing)
    configure_file(cmake/bandwidth-webrtc-testing.pc.in bandwidth-webrtc-testing.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/bandwidth-webrtc-testing.pc
        DESTINATION ${pkgconfig_dir} COMPONENT testing)
    if(TARGET loopback_server)
        install(TARGETS loopback_server RUNTIME COMPONENT testing)
    endif()
endif()

# ---- bandwidth-webrtc-bulk ----
if(BANDWIDTH_WEBRTC_BUILD_TOOLS)
    install(TARGETS bandwidth-webrtc-bulk RUNTIME COMPONENT tools)
    install(FILES doc/man/bandwidth-webrtc-bulk.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
    # Each shell looks for them in a folder of its own and by a name of its own.
    set(completions doc/completions/bandwidth-webrtc-bulk)
    install(FILES ${completions}.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME bandwidth-webrtc-bulk COMPONENT tools)
    install(FILES ${completions}.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions
        RENAME _bandwidth-webrtc-bulk COMPONENT tools)
    install(FILES ${completions}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tools)
    install(FILES LICENSE doc/bulk.md doc/many_machines.md doc/bulk_report.schema.json
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT tools)
endif()
