#pragma once

#include "bulk/report/settings.hpp"

#include <iosfwd>
#include <variant>

namespace bandwidth::webrtc::bulk {

/// Reads the command line. Help and version go to `out`, what is wrong to `err`.
/// \return the settings, or the status to exit with at once.
std::variant<settings, int> parse_command_line(int argc, const char* const* argv, std::ostream& out,
                                               std::ostream& err);

} // namespace bandwidth::webrtc::bulk
