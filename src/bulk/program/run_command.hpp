#pragma once

#include "bulk/program/options.hpp"

#include <iosfwd>

namespace bandwidth::webrtc::bulk {

/// Makes a run, or goes on with one that a journal tells of, and reports it. Parameters and result as of
/// `run_program`.
int make_run(const options& wanted, std::ostream& out, std::ostream& err);

/// Deletes what a journal says exists, again and again until all is gone or its time is over. Parameters and
/// result as of `run_program`.
int clean_up_by_journal(const options& wanted, std::ostream& out, std::ostream& err);

} // namespace bandwidth::webrtc::bulk
