# cmake -D SOURCE=FOLDER -D FILE=FILE.cpp -P git_revision.cmake: writes the source file that tells the commit which is
# checked out in FOLDER, empty where that is no git repository. The file keeps its time where nothing has changed.
set(revision "")
if(EXISTS "${SOURCE}/.git") # and not a repository that has this folder in it
    execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY ${SOURCE}
        OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
file(CONFIGURE OUTPUT ${FILE} CONTENT [[#include "program/version_text.hpp"

namespace bandwidth::webrtc::program {

std::string_view git_revision() noexcept { return "@revision@"; }

} // namespace bandwidth::webrtc::program
]] @ONLY)
