#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace loopback_test {

inline constexpr std::string_view authorization = "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"; // user:secret
/// An exchange that asks for nothing of the service's.
inline const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
inline const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

inline const std::string account_path = "/v1/accounts/9900000";

/// A request as it goes on the wire, with the right credentials.
/// \param headers more headers, each with its CRLF
inline std::string request(std::string_view method, std::string_view path, std::string_view body = {},
                           std::string_view headers = {}) {
    std::string out;
    out += method;
    out += ' ';
    out += account_path;
    out += path;
    out += " HTTP/1.1\r\nHost: localhost\r\n";
    out += authorization;
    out += headers;
    if (!body.empty()) {
        out += "Content-Length: ";
        out += std::to_string(body.size());
        out += "\r\n";
    }
    out += "\r\n";
    out += body;
    return out;
}

/// Waits until a condition that another thread brings about holds; false when it does not within ten seconds.
template <class Condition>
bool eventually(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::yield();
    }
    return true;
}

} // namespace loopback_test
