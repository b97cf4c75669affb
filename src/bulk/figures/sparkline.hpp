#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace bandwidth::webrtc::bulk {

/// Values as a row of small bars of eight heights, one column each, from zero to the largest that is shown.
/// Zero alone has the lowest bar, so that "none" and "few" differ.
/// \param values   oldest first, none negative; NaN where there is no value, which is shown as a space
/// \param columns  how many of the last values to show at most; fewer values give a shorter row
/// \param unicode  block characters in UTF-8; else ASCII characters which look heavier from level to level
std::string sparkline(std::span<const double> values, std::size_t columns, bool unicode);

} // namespace bandwidth::webrtc::bulk
