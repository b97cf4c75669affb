#pragma once

#include "bulk/program/options.hpp"

#include <iosfwd>

namespace bandwidth::webrtc::bulk {

/// Does what the command line asks for.
/// \param out  for reports
/// \param err  for progress, remarks and errors
/// \return the exit status, see `exit_status`
int run_program(const options& wanted, std::ostream& out, std::ostream& err);

} // namespace bandwidth::webrtc::bulk
