#pragma once

#include "bulk/program/options.hpp"

#include <iosfwd>

namespace bandwidth::webrtc::bulk {

/// Makes one report of several. Parameters and result as of `run_program`; where a threshold holds not, 99.
int merge_reports(const options& wanted, std::ostream& out, std::ostream& err);

/// Tells what differs between reports. Parameters and result as of `run_program`; 1 when the new ones are worse.
int compare_reports(const options& wanted, std::ostream& out, std::ostream& err);

} // namespace bandwidth::webrtc::bulk
