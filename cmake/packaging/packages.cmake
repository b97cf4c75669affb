# What cpack makes of a build folder: by default an archive of what `cmake --install` installs, and with
# BANDWIDTH_WEBRTC_DEBIAN_PACKAGES Debian packages besides. `cpack --config CPackSourceConfig.cmake` makes an archive of
# the sources. See doc/decisions/0028-packages.md.
set(CPACK_PACKAGE_NAME bandwidth-webrtc)
set(CPACK_PACKAGE_VENDOR "bandwidth-webrtc")
set(BANDWIDTH_WEBRTC_PACKAGE_CONTACT "bandwidth-webrtc maintainers <bandwidth-webrtc@packages.invalid>" CACHE STRING
    "Who maintains the packages: a name, and an address in angle brackets")
mark_as_advanced(BANDWIDTH_WEBRTC_PACKAGE_CONTACT)
set(CPACK_PACKAGE_CONTACT ${BANDWIDTH_WEBRTC_PACKAGE_CONTACT})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_FILE_NAME bandwidth-webrtc-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PACKAGE_CHECKSUM SHA256)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR TGZ)

# ---- the sources: what is in the repository, and not what was made of it ----
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME bandwidth-webrtc-${PROJECT_VERSION})
string(REGEX REPLACE "([][+.*()^$?|\\])" "\\\\\\1" source_folder "${PROJECT_SOURCE_DIR}")
set(CPACK_SOURCE_IGNORE_FILES
    "^${source_folder}/\\.git$" "^${source_folder}/\\.git/" "^${source_folder}/build/" "^${source_folder}/\\.cache/"
    "/node_modules/" "/compile_commands\\.json$" "\\.journal$")

if(BANDWIDTH_WEBRTC_DEBIAN_PACKAGES)
    include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
endif()
include(CPack)
