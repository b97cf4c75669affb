#pragma once

#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/testing/certificate.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "loopback/listener.hpp"
#include "loopback/runner.hpp"

namespace support {

/// What becomes of one request.
struct chaos {
    enum class end : std::uint8_t {
        none,      ///< the connection lives
        announced, ///< `Connection: close` in the response, then close_notify and FIN
        notify,    ///< close_notify and FIN, not announced
        fin,       ///< FIN without close_notify
        reset,     ///< RST
        garbage,   ///< bytes that are not HTTP in place of the response, and then nothing ever more
        silence,   ///< nothing ever more
    };
    static constexpr std::size_t whole = static_cast<std::size_t>(-1);

    int status = 200;
    end ending = end::none;
    std::size_t bytes = whole; ///< how much of the response goes out before the ending
    std::size_t piece = 0;     ///< in records of so many bytes; 0: all in one
    std::size_t padding = 0;   ///< more bytes in the body
    bool chunked = false;
    bool interim = false; ///< a 103 first
    std::chrono::microseconds delay{0};
    std::chrono::microseconds quiet{0}; ///< between the response and the ending
    std::string_view fields;            ///< more header lines
};

/// What the server saw of the requests with one number.
struct chaos_record {
    std::string method;
    int received = 0;       ///< whole requests, also those behind the end of their connection
    int processed = 0;      ///< what a service would have acted on
    int excused = 0;        ///< answered with 421 or 425, for which any request may be sent once more
    int refused = 0;        ///< answered with 429, for which any request may be sent again
    std::set<int> statuses; ///< of the responses that went out whole
    std::vector<std::size_t> connections; ///< on which it came
    /// When the last of the responses that went out whole was on its way. On a machine's own network that is
    /// when the client can read it.
    std::chrono::steady_clock::time_point responded{};
};

/// How a `chaos_server` is set up.
struct chaos_options {
    /// What becomes of a request. `send` counts from 1.
    using plan_function = std::function<chaos(std::string_view method, std::uint64_t nonce, int send)>;
    /// What becomes of the connection with this number, from 0.
    enum class welcome : std::uint8_t { take, reset, ignore };
    using welcome_function = std::function<welcome(std::size_t number)>;

    plan_function plan = [](std::string_view, std::uint64_t, int) { return chaos{}; };
    welcome_function welcomes = [](std::size_t) { return welcome::take; };
    bool keep_books = true; ///< whether `records` is kept, which costs memory for every request
    int receive_buffer = 0; ///< SO_RCVBUF of its connections; 0: the system's
};

/// A server whose connections hold up who writes to them.
inline chaos_options receiving_into(int receive_buffer) {
    chaos_options options;
    options.receive_buffer = receive_buffer;
    return options;
}

/// A TLS server that misbehaves by plan, and records all that it receives. It runs on a thread of its own.
/// All member functions may be called from any thread.
///
/// Every request has a name, and the response repeats it as the "id": the last part of the target, or where
/// there is one, the part that begins with an "n"; of a POST, the tag if that begins with an "n". The number
/// behind the "n", 0 where there is none, is the request's nonce, from which the plan, a function of the
/// test's, says what becomes of the request. So what a client makes of a response can be held against what
/// was sent, and what it says of a request that got none against what arrived.
class chaos_server {
public:
    explicit chaos_server(chaos_options options = {});
    ~chaos_server();
    chaos_server(const chaos_server&) = delete;
    chaos_server& operator=(const chaos_server&) = delete;

    std::uint16_t port() const { return listener_->port(); }
    const std::string& ca_pem() const { return shown_.issuer_pem(); }
    static bandwidth::webrtc::client_options client_options(std::uint16_t port, std::string_view ca_pem);
    bandwidth::webrtc::client_options client_options() const { return client_options(port(), ca_pem()); }

    /// Connections with a number under `count` read nothing but their handshake, and send no response, until
    /// `resume`.
    void pause(std::size_t count = static_cast<std::size_t>(-1));
    void resume() { pause(0); }
    /// From now on each read takes this many bytes at most, a different number each time.
    void read_at_most(std::size_t bytes);
    /// The next request with this text in its target is answered as soon as its request line has come, and
    /// nothing more is read on its connection.
    void respond_early(const std::string& text);

    /// By their numbers.
    std::map<std::uint64_t, chaos_record> records();
    /// Which request's response told the client of the end of its connection, announced it or broke off.
    std::map<std::size_t, std::uint64_t> ended_by();
    /// When each connection was ended by FIN, as far as the server did that.
    std::map<std::size_t, std::chrono::steady_clock::time_point> finished();
    std::size_t connections_open();
    std::size_t connections_accepted();

private:
    struct state;
    class connection;

    bandwidth::webrtc::testing::certificate shown_;
    bandwidth::webrtc::testing::detail::runner runner_; // outlives what pending operations hold
    std::shared_ptr<state> state_;
    std::shared_ptr<bandwidth::webrtc::testing::detail::listener> listener_;
};

} // namespace support
