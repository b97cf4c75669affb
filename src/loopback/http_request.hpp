#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ascii.hpp"

namespace bandwidth::webrtc::testing::detail {

/// One parsed HTTP request. Meant to be reused from request to request: `clear` keeps the memory.
struct http_request {
    std::string method;
    std::string target;
    std::string authorization;
    std::string content_type;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers; // only when the reader was told to keep them
    bool http_1_0 = false;
    bool keep_alive = false;

    void clear() {
        method.clear();
        target.clear();
        authorization.clear();
        content_type.clear();
        body.clear();
        headers.clear();
        http_1_0 = false;
        keep_alive = false;
    }
};

/// Whether a Content-Type names this media type; parameters such as a charset are ignored.
inline bool is_media_type(std::string_view content_type, std::string_view wanted) {
    return webrtc::detail::equals_ignoring_case(content_type.substr(0, content_type.find_first_of("; \t")),
                                                wanted);
}

} // namespace bandwidth::webrtc::testing::detail
