#pragma once

#include "bulk/report/settings.hpp"

#include <iosfwd>

namespace bandwidth::webrtc::bulk {

/// Runs what the settings ask for, on the calling thread, with SIGINT and SIGTERM as the way to stop it. The
/// report goes to `out`, progress and errors to `err`.
/// \return the exit status
int run_program(const settings& chosen, std::ostream& out, std::ostream& err);

} // namespace bandwidth::webrtc::bulk
