#pragma once

#include <bandwidth/webrtc/connection_manager.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <string>

#include "support/test_client.hpp"

namespace test {

namespace http = boost::beast::http;
using bandwidth::webrtc::connection_manager;
using bandwidth::webrtc::manager_options;
using request = connection_manager::request_type;
using response = connection_manager::response_type;

inline request make(http::verb method, const std::string& target, const std::string& body = {}) {
    request made(method, target, 11);
    made.body() = body;
    return made;
}

/// "https://localhost:PORT".
template <class Server>
std::string origin_of(const Server& server) {
    return "https://localhost:" + std::to_string(server.port());
}

/// One attempt for each call, unless a test is about retries.
inline manager_options trusting(const std::string& ca_pem) {
    return manager_options{}.ca_pem(ca_pem).retry(bandwidth::webrtc::retry_policy::none());
}

} // namespace test
