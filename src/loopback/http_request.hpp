#pragma once

#include <string>
#include <utility>
#include <vector>

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

} // namespace bandwidth::webrtc::testing::detail
