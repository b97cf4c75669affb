# Install rules, by component:
#   runtime          bandwidth::webrtc where it is shared
#   dev              headers, archive, CMake package, pkg-config file
#   testing_runtime  bandwidth::webrtc_testing where it is shared
#   testing          headers and all else of bandwidth::webrtc_testing
#   tools            the programs with their documents; where libraries are shared, they need both runtimes too
# They are the Debian packages of packaging/packages.cmake, which wants some files in other places and forms.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/bandwidth_webrtc)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(dev_doc_dir ${CMAKE_INSTALL_DOCDIR})
set(tools_doc_dir ${CMAKE_INSTALL_DOCDIR})
set(zsh_dir ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
if(BANDWIDTH_WEBRTC_DEBIAN_PACKAGES)
    set(dev_doc_dir ${CMAKE_INSTALL_DATADIR}/doc/libbandwidth-webrtc-dev)
    set(tools_doc_dir ${CMAKE_INSTALL_DATADIR}/doc/bandwidth-webrtc-tools)
    set(zsh_dir ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()

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

# ---- the libraries ----
# Installs the library of this target, of each kind that is built: the shared library in the component `runtime`, all
# else in `dev`. Its CMake targets are in a file for each kind, NAME-static-targets.cmake and NAME-shared-targets.cmake,
# of which the config file takes one.
function(bandwidth_webrtc_install_library target name runtime dev)
    get_target_property(type ${target} TYPE)
    set(kind static)
    if(type STREQUAL "SHARED_LIBRARY")
        set(kind shared)
    endif()
    install(TARGETS ${target} EXPORT ${name}-${kind}
        RUNTIME COMPONENT ${runtime}
        LIBRARY COMPONENT ${runtime} NAMELINK_COMPONENT ${dev}
        ARCHIVE COMPONENT ${dev}
        FILE_SET HEADERS COMPONENT ${dev})
    set(kinds ${kind})
    if(TARGET ${target}_shared)
        install(TARGETS ${target}_shared EXPORT ${name}-shared
            LIBRARY COMPONENT ${runtime} NAMELINK_COMPONENT ${dev})
        list(APPEND kinds shared)
    endif()
    foreach(kind IN LISTS kinds)
        install(EXPORT ${name}-${kind} NAMESPACE bandwidth:: FILE ${name}-${kind}-targets.cmake
            DESTINATION ${package_dir} COMPONENT ${dev})
    endforeach()
endfunction()

bandwidth_webrtc_install_library(bandwidth_webrtc bandwidth_webrtc runtime dev)
configure_package_config_file(cmake/bandwidth_webrtc-config.cmake.in bandwidth_webrtc-config.cmake
    INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(bandwidth_webrtc-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(cmake/bandwidth-webrtc.pc.in bandwidth-webrtc.pc @ONLY)
install(FILES
    ${PROJECT_BINARY_DIR}/bandwidth_webrtc-config.cmake
    ${PROJECT_BINARY_DIR}/bandwidth_webrtc-config-version.cmake
    DESTINATION ${package_dir} COMPONENT dev)
install(FILES cmake/check_compiler.cmake
    DESTINATION ${package_dir} RENAME bandwidth_webrtc-check_compiler.cmake COMPONENT dev)
install(FILES ${PROJECT_BINARY_DIR}/bandwidth-webrtc.pc DESTINATION ${pkgconfig_dir} COMPONENT dev)
include(cmake/sbom.cmake)
install(FILES ${PROJECT_BINARY_DIR}/bandwidth-webrtc.spdx.json DESTINATION ${dev_doc_dir} COMPONENT dev)
if(NOT BANDWIDTH_WEBRTC_DEBIAN_PACKAGES) # whose packages have a file "copyright"
    install(FILES LICENSE DESTINATION ${dev_doc_dir} COMPONENT dev)
endif()

# Exported apart, so that the config file works when it is not installed.
if(BANDWIDTH_WEBRTC_BUILD_TESTING)
    bandwidth_webrtc_install_library(bandwidth_webrtc_testing bandwidth_webrtc-testing testing_runtime testing)
    configure_file(cmake/bandwidth-webrtc-testing.pc.in bandwidth-webrtc-testing.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/bandwidth-webrtc-testing.pc DESTINATION ${pkgconfig_dir} COMPONENT testing)
endif()

# ---- the programs, and how each shell completes their options: in a folder of its own and by a name of its own ----
function(bandwidth_webrtc_install_program program)
    install(TARGETS ${program} RUNTIME COMPONENT tools)
    set(page ${PROJECT_SOURCE_DIR}/doc/man/${program}.1)
    if(BANDWIDTH_WEBRTC_DEBIAN_PACKAGES)
        bandwidth_webrtc_compress(${page} ${PROJECT_BINARY_DIR}/packaging/${program}.1.gz)
        set(page ${PROJECT_BINARY_DIR}/packaging/${program}.1.gz)
    endif()
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
    set(completions ${PROJECT_SOURCE_DIR}/doc/completions/${program})
    install(FILES ${completions}.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME ${program} COMPONENT tools)
    install(FILES ${completions}.zsh DESTINATION ${zsh_dir} RENAME _${program} COMPONENT tools)
    install(FILES ${completions}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tools)
endfunction()

# As Debian compresses documents: with nothing in it that differs from one build to the next.
function(bandwidth_webrtc_compress file compressed)
    cmake_path(GET compressed PARENT_PATH folder)
    file(MAKE_DIRECTORY ${folder})
    execute_process(COMMAND gzip -9nc ${file} OUTPUT_FILE ${compressed} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(TARGET bandwidth-webrtc-loopback)
    bandwidth_webrtc_install_program(bandwidth-webrtc-loopback)
endif()
if(BANDWIDTH_WEBRTC_BUILD_TOOLS)
    bandwidth_webrtc_install_program(bandwidth-webrtc-bulk)
    install(FILES doc/bulk.md doc/many_machines.md doc/bulk_report.schema.json DESTINATION ${tools_doc_dir} COMPONENT tools)
    if(NOT BANDWIDTH_WEBRTC_DEBIAN_PACKAGES)
        install(FILES LICENSE DESTINATION ${tools_doc_dir} COMPONENT tools)
    endif()
endif()
