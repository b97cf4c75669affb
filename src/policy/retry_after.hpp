#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace bandwidth::webrtc::detail {

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::chrono::sys_seconds now);

} // namespace bandwidth::webrtc::detail
