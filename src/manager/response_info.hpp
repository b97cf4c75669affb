#pragma once

#include <bandwidth/webrtc/response_info.hpp>

#include "http1/response_reader.hpp"
#include "pool/call.hpp"

namespace bandwidth::webrtc::detail {

struct response_info_access {
    /// There is no response, or not yet.
    static void clear(response_info& into, const call& of, std::chrono::nanoseconds elapsed);
    /// \param secrets what the response may echo and must not be told.
    static void fill(response_info& into, const response& received, const call& of,
                     std::chrono::nanoseconds elapsed, const std::vector<std::string>& secrets);
};

} // namespace bandwidth::webrtc::detail
