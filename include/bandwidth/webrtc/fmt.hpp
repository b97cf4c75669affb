#pragma once

/// As `<bandwidth/webrtc/format.hpp>`, for {fmt}: `fmt::print("{}\n", failure)`. Empty where {fmt} is not
/// installed; the library itself does not need it.
#include <bandwidth/webrtc/detail/formatted_text.hpp>

#if __has_include(<fmt/format.h>)

#include <fmt/format.h>

template <bandwidth::webrtc::detail::has_formatted_text T>
struct fmt::formatter<T, char> : fmt::formatter<fmt::string_view, char> {
    template <class Context>
    auto format(const T& value, Context& context) const {
        return fmt::formatter<fmt::string_view, char>::format(
            bandwidth::webrtc::detail::formatted_text(value), context);
    }
};

#endif
