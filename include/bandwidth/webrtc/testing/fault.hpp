#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::testing {

namespace detail {

/// The contents of a `fault`, as the loopback server reads them.
struct fault_rule {
    enum class ending { keep, close, reset };

    std::string method;      // empty: any
    std::string target_part; // empty: any
    std::size_t skip = 0;
    std::size_t repeat = 1;
    std::chrono::nanoseconds delay{0};
    std::optional<int> status;       // of a response that is made up, without the service
    std::optional<std::string> body; // none: the documented one
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers; // added to the response's own
    std::optional<std::string> raw;                           // bytes in place of the response
    std::optional<std::size_t> keep_bytes;                    // how much of the response is sent
    bool connection_close_header = false;
    ending end = ending::keep;
};

struct fault_access;

} // namespace detail

/// A rule by which the loopback server misbehaves: which requests it meets, and what happens to them.
///
/// `server.inject(fault{}.on("GET", "/sessions/").after(3).times(2).reset());` lets three matching requests
/// pass and resets the connection at the fourth and at the fifth. Faults are looked at in the order of their
/// injection; the first one that matches and is not skipping decides, and those behind it do not count the
/// request. A fault with no action set only delays.
///
/// Without `respond` or `throttle` the service carries the request out first: when the response is then lost,
/// the operation took effect, which is the case that a client must not repeat blindly. With `respond` or
/// `throttle` the service never sees the request.
///
/// Requests that arrive behind one that ends its connection are neither carried out nor logged (RFC 9112
/// section 9.6). Not thread-safe; copies are independent.
class fault {
public:
    /// A fault that meets the next request, whatever it is, and does nothing to it.
    fault();

    /// Meets only requests of this method whose target holds `target_part`, for example `("PUT",
    /// "/sessions/")`. An empty string stands for any.
    fault& on(std::string method, std::string target_part = {});
    /// Lets the first `count` matching requests pass (default 0).
    fault& after(std::size_t count);
    /// Meets `count` matching requests before it is used up (default 1).
    fault& times(std::size_t count);
    /// Meets matching requests for as long as the server lives, or until `loopback_server::clear_faults`.
    fault& always();

    /// Sends the response no earlier than this long after the request arrived, on top of the server's own
    /// delay. Responses behind it on the same connection wait, as HTTP/1.1 demands.
    fault& delay(std::chrono::nanoseconds duration);
    /// Responds with this status and the body that Bandwidth documents for it; the service does not see the
    /// request. A 429 of BRTC's has the Retry-After that its OpenAPI description requires, of one second
    /// unless `header` sets another.
    /// \param status 200 to 599
    /// \throws std::invalid_argument when the status is another one
    fault& respond(int status);
    /// Responds with this status, body and content type; the service does not see the request.
    /// \param status 200 to 599
    /// \param body is sent as it stands
    /// \param content_type the value of the field Content-Type
    /// \throws std::invalid_argument when the status is another one
    fault& respond(int status, std::string body, std::string content_type = "application/json");
    /// Responds with 429 and `Retry-After: <seconds>`; the service does not see the request.
    fault& throttle(std::chrono::seconds retry_after);
    /// Adds a header to the response, as it stands. May be called more than once.
    fault& header(std::string name, std::string value);
    /// Sends these bytes in place of the response. The connection stays open unless an ending is set as well.
    fault& garbage(std::string bytes);

    /// Sends `Connection: close` in the response, then closes.
    fault& close_after_response();
    /// Sends no response: close_notify and FIN.
    fault& close_before_response();
    /// Sends no response: the connection is reset (RST). With `truncate_at`, that much of the response goes
    /// out first.
    fault& reset();
    /// Sends the first `bytes` bytes of the response (header section and body together), then close_notify
    /// and FIN, or RST when `reset` is set as well.
    fault& truncate_at(std::size_t bytes);

private:
    friend struct detail::fault_access;

    detail::fault_rule rule_;
};

} // namespace bandwidth::webrtc::testing
