#pragma once

#include <bandwidth/webrtc/device_api_version.hpp>
#include <bandwidth/webrtc/device_token.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

// What formatters write for the types of this library, with whatever they are implemented. The deleted function
// takes all other types, also those that only convert to one of these.
template <class T>
void formatted_text(const T&) = delete;
inline std::string_view formatted_text(const session_id& id) noexcept { return id.value(); }
inline std::string_view formatted_text(const participant_id& id) noexcept { return id.value(); }
inline std::string_view formatted_text(const endpoint_id& id) noexcept { return id.value(); }
inline std::string_view formatted_text(const device_id& id) noexcept { return id.value(); }
inline std::string_view formatted_text(const voice_call_id& id) noexcept { return id.value(); }
inline std::string_view formatted_text(const device_api_version& version) noexcept { return version.text(); }
inline std::string_view formatted_text(const participant_token&) noexcept { return "[redacted]"; }
inline std::string_view formatted_text(const delivery& value) noexcept { return to_string(value); }
inline std::string formatted_text(const errc& value) { return make_error_code(value).message(); }
inline std::string formatted_text(const condition& value) { return make_error_condition(value).message(); }
inline std::string formatted_text(const failure& value) { return value.describe(); }
inline std::string formatted_text(const api_error& value) { return value.failure().describe(); }

template <class T>
concept has_formatted_text = requires(const T& value) {
    formatted_text(value);
};

} // namespace bandwidth::webrtc::detail
