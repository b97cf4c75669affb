#pragma once

/// \file
/// Ids, errors and whatever else `operator<<` writes, for `std::format`:
/// `std::format("{:>40}", session.id())`.
///
/// Formatted are the ids (`session_id` and so on), `device_api_version` and `delivery` as their texts, `errc`
/// and `condition` as what they mean, `failure` and `api_error` as `failure::describe()`, and
/// `participant_token` as "[redacted]"; of BRTC `brtc::open_enum` as its text, and `brtc::endpoint_token` as
/// "[redacted]". The format specification is that of a string. Not part of `<bandwidth/webrtc.hpp>`, since
/// `<format>` takes long to compile; empty where the standard library has no `<format>`, such as g++ 12's.
/// For {fmt} there is `<bandwidth/webrtc/fmt.hpp>`.
#include <bandwidth/webrtc/detail/formatted_text.hpp>
#include <version>

#ifdef __cpp_lib_format

#include <format>
#include <string_view>

template <bandwidth::webrtc::detail::has_formatted_text T>
struct std::formatter<T, char> : std::formatter<std::string_view, char> {
    template <class Context>
    auto format(const T& value, Context& context) const {
        using bandwidth::webrtc::detail::formatted_text;
        return std::formatter<std::string_view, char>::format(formatted_text(value), context);
    }
};

#endif
