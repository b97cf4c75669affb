#pragma once

/// \file
/// As `<bandwidth/webrtc/format.hpp>`, for {fmt}: `fmt::print("{}\n", failure)`. Empty where {fmt} is not
/// installed; the library itself does not need it.
#include <bandwidth/webrtc/detail/formatted_text.hpp>

#if __has_include(<fmt/format.h>)

#include <fmt/format.h>

#include <concepts>
#include <exception>

namespace bandwidth::webrtc::detail {

template <class T>
struct fmt_formatter : fmt::formatter<fmt::string_view, char> {
    template <class Context>
    auto format(const T& value, Context& context) const {
        return fmt::formatter<fmt::string_view, char>::format(formatted_text(value), context);
    }
};

} // namespace bandwidth::webrtc::detail

template <bandwidth::webrtc::detail::has_formatted_text T>
requires(!std::derived_from<T, std::exception>) struct fmt::formatter<T, char>
    : bandwidth::webrtc::detail::fmt_formatter<T> {
};

/// All of it, since <fmt/std.h> of {fmt} 10 and newer has a formatter for every exception.
template <>
struct fmt::formatter<bandwidth::webrtc::api_error, char>
    : bandwidth::webrtc::detail::fmt_formatter<bandwidth::webrtc::api_error> {};

#endif
