#pragma once

#include "bulk/program/options.hpp"

#include <iosfwd>

namespace bandwidth::webrtc::bulk {

/// Tells what a run, or a clean-up by a journal, would do: its job, the service, its share, the stages with
/// their calls, the load, and the files that it would write. Nothing is connected to and nothing written.
/// \return the exit status
/// \throws std::exception when the journal of a run that is to go on cannot be read
int tell_what_would_be_done(const options& wanted, std::ostream& out);

} // namespace bandwidth::webrtc::bulk
