#include "policy/retry_after.hpp"

#include <charconv>

namespace bandwidth::webrtc::detail {

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::chrono::sys_seconds) {
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return std::chrono::seconds(value);
}

} // namespace bandwidth::webrtc::detail
