#pragma once

#include <bandwidth/webrtc/response_info.hpp>

#include "http1/response_reader.hpp"

namespace bandwidth::webrtc::detail {

struct response_info_access {
    /// There is no response, or not yet.
    static void clear(response_info& into, int attempts, std::chrono::nanoseconds elapsed);
    static void fill(response_info& into, const response& received, int attempts,
                     std::chrono::nanoseconds elapsed);
};

} // namespace bandwidth::webrtc::detail
