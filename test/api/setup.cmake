# Ids and errors are formatted with it as well, where it is installed.
find_package(fmt QUIET)
if(fmt_FOUND)
    target_link_libraries(test_api PRIVATE fmt::fmt-header-only)
endif()
