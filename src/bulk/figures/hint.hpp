#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// The option of the command line that helps against this failure, for people: "more --connections, ...";
/// empty where there is none.
std::string_view hint_for(const error_code& code) noexcept;

} // namespace bandwidth::webrtc::bulk
