# The Debian packages, one for each component of install.cmake.
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 0upstream1) # less than the 1 with which Debian's own would begin
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own, in the first line of its description
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_COMPONENTS_ALL runtime dev)
set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(this_version "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(about_the_library
"Endpoints, sessions, participants and subscriptions of Bandwidth's WebRTC
API and of BRTC, over pooled and pipelined HTTPS. Each operation is an
awaitable of Boost.Asio, with deadlines, retries and access tokens.")

# ---- libraries ----
set(shared_components runtime)
set(shared_libraries libbandwidth_webrtc)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libbandwidth-webrtc${soversion})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION
"C++20 client for Bandwidth's WebRTC REST API - shared library
${about_the_library}")

# Who links with a static library, or only includes headers, needs what the library is made with, in this version.
set(boost ${Boost_VERSION_MAJOR}.${Boost_VERSION_MINOR})
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libbandwidth-webrtc-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "${CPACK_DEBIAN_RUNTIME_PACKAGE_NAME} ${this_version}, libboost${boost}-dev, libboost-json${boost}-dev, libboost-url${boost}-dev, libssl-dev (>= 3.0)")
set(CPACK_DEBIAN_DEV_DESCRIPTION
"C++20 client for Bandwidth's WebRTC REST API - development files
${about_the_library}
.
This package has the headers, the static library, and what CMake and
pkg-config need. A static library is linked where CMake's variable
bandwidth_webrtc_USE_STATIC_LIBS is on.")

if(BANDWIDTH_WEBRTC_BUILD_TESTING)
    list(APPEND CPACK_COMPONENTS_ALL testing_runtime testing)
    list(APPEND shared_components testing_runtime)
    list(APPEND shared_libraries libbandwidth_webrtc_testing)
    set(about_testing
"An emulation of Bandwidth's WebRTC API and of BRTC on real TLS sockets of
the same machine, with faults at chosen moments, for the tests of programs
that use libbandwidth-webrtc-dev.")
    set(CPACK_DEBIAN_TESTING_RUNTIME_PACKAGE_NAME libbandwidth-webrtc-testing${soversion})
    set(CPACK_DEBIAN_TESTING_RUNTIME_PACKAGE_SECTION libs)
    set(CPACK_DEBIAN_TESTING_RUNTIME_PACKAGE_SHLIBDEPS ON)
    set(CPACK_DEBIAN_TESTING_RUNTIME_PACKAGE_DEPENDS "${CPACK_DEBIAN_RUNTIME_PACKAGE_NAME} ${this_version}")
    set(CPACK_DEBIAN_TESTING_RUNTIME_DESCRIPTION
"emulated WebRTC service of Bandwidth for tests - shared library
${about_testing}")
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/src)

    set(CPACK_DEBIAN_TESTING_PACKAGE_NAME libbandwidth-webrtc-testing-dev)
    set(CPACK_DEBIAN_TESTING_PACKAGE_SECTION libdevel)
    set(CPACK_DEBIAN_TESTING_PACKAGE_DEPENDS
        "${CPACK_DEBIAN_TESTING_RUNTIME_PACKAGE_NAME} ${this_version}, libbandwidth-webrtc-dev ${this_version}")
    set(CPACK_DEBIAN_TESTING_DESCRIPTION
"emulated WebRTC service of Bandwidth for tests - development files
${about_testing}
.
This package has the headers, the static library, and what CMake and
pkg-config need.")
endif()

# ---- programs: linked with the static libraries, so that they need none of the packages above ----
if(TARGET bandwidth-webrtc-loopback)
    list(APPEND CPACK_COMPONENTS_ALL tools)
    set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME bandwidth-webrtc-tools)
    set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION net)
    set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
    set(CPACK_DEBIAN_TOOLS_DESCRIPTION
"programs for Bandwidth's WebRTC REST API
bandwidth-webrtc-bulk creates, uses and deletes sessions by the thousand,
checks every response, and measures the service. bandwidth-webrtc-loopback
is Bandwidth's WebRTC API emulated on this machine, to be called by any
HTTPS client.")
endif()

# ---- what dpkg does with a library: packages that are linked with it depend on it, and ldconfig runs ----
set(packaging_dir ${PROJECT_BINARY_DIR}/packaging)
file(WRITE ${packaging_dir}/triggers "activate-noawait ldconfig\n")
foreach(component library IN ZIP_LISTS shared_components shared_libraries)
    string(TOUPPER ${component} upper)
    set(name ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
    file(WRITE ${packaging_dir}/${component}/shlibs "${library} ${soversion} ${name} (>= ${PROJECT_VERSION})\n")
    set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA ${packaging_dir}/triggers ${packaging_dir}/${component}/shlibs)
    file(WRITE ${packaging_dir}/${component}/${name}
        "# CPack adds these scripts by itself, and they do no harm beside the trigger.\n${name}: maintscript-calls-ldconfig *\n")
    install(FILES ${packaging_dir}/${component}/${name} DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
        COMPONENT ${component})
endforeach()

# ---- each package's copyright and changelogs ----
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH where that is set
file(READ ${PROJECT_SOURCE_DIR}/LICENSE license)
string(REGEX REPLACE "\n\n" "\n.\n" license "${license}")
string(REGEX REPLACE "\n([^\n])" "\n \\1" license "\n${license}")
string(STRIP "${license}" license)
configure_file(${CMAKE_CURRENT_LIST_DIR}/copyright.in ${packaging_dir}/copyright @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog.in ${packaging_dir}/changelog.Debian @ONLY)
bandwidth_webrtc_compress(${packaging_dir}/changelog.Debian ${packaging_dir}/changelog.Debian.gz)
bandwidth_webrtc_compress(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${packaging_dir}/changelog.gz)
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
    string(TOUPPER ${component} upper)
    install(FILES ${packaging_dir}/copyright ${packaging_dir}/changelog.Debian.gz ${packaging_dir}/changelog.gz
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME} COMPONENT ${component})
endforeach()
