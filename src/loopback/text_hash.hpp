#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace bandwidth::webrtc::testing::detail {

/// Lets an unordered container with texts as its keys be asked with a `std::string_view`.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

} // namespace bandwidth::webrtc::testing::detail
