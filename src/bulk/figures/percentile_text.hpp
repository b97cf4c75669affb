#pragma once

#include "bulk/figures/histogram.hpp"

#include <string>

namespace bandwidth::webrtc::bulk {

/// The distribution as HdrHistogram's programs write it, in milliseconds, with five lines for each half of
/// the distance that is left to 100 %: what its plotter and others read (files .hgrm).
std::string percentile_text(const histogram& latencies);

} // namespace bandwidth::webrtc::bulk
