#pragma once

#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// Rows of cells as text: the first column stands to the left, all others to the right, two spaces between
/// columns, each as wide as its widest cell (in bytes), no space at the end of a line. Every row has as many
/// cells as the first, which is the heading.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

} // namespace bandwidth::webrtc::bulk
