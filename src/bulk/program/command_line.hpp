#pragma once

#include "bulk/program/options.hpp"

#include <iosfwd>
#include <variant>

namespace bandwidth::webrtc::bulk {

/// Reads the command line. Where it asks for help or for the version these go to `out`, and where something
/// is wrong that goes to `err`, with the option that would help; the result is the exit status then.
std::variant<options, int> parse_command_line(int argc, const char* const* argv, std::ostream& out,
                                              std::ostream& err);

} // namespace bandwidth::webrtc::bulk
