#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include "loopback/request_reader.hpp"
#include "loopback/server_state.hpp"
#include "loopback/tls_engine.hpp"

namespace bandwidth::webrtc::testing::detail {

/// One connection of the loopback server: all requests that one read brought are answered in order, and
/// their responses leave in one write. Everything runs on the server's strand; pending operations keep the
/// connection alive.
class http_connection : public std::enable_shared_from_this<http_connection> {
public:
    http_connection(std::shared_ptr<server_state> state, boost::asio::ip::tcp::socket socket);

    void start();
    /// Whether no request waits for its response, none has come in part, and the handshake is done.
    bool idle() const;
    /// close_notify and FIN, behind the responses that are due already.
    void close_gracefully();
    /// RST.
    void reset();
    /// Closes the socket at once, without a close_notify.
    void close();

private:
    using ending = fault_rule::ending;
    using error_code = boost::system::error_code;
    using clock = std::chrono::steady_clock;

    /// Responses that must not leave before `due`.
    struct delayed_responses {
        clock::time_point due;
        std::string bytes;
        std::size_t count = 0;
        ending end = ending::keep;
    };

    void wait_readable();
    void on_readable();
    void take_ciphertext(std::string_view ciphertext);
    void respond_to_requests();
    void respond(const http_request& request);
    void respond_with_metrics(const http_request& request);
    void make_response(const http_request& request, const fault_rule* rule);
    void refuse(int status, std::string_view error);
    /// Returns where the next response is to be appended.
    /// \param count 0 for an interim response
    std::string& stage(std::chrono::nanoseconds delay, ending end, std::size_t count = 1);
    void wait_for_delay();
    void on_delay_over();
    void flush();
    void write_out();
    void finish();
    void linger();

    std::shared_ptr<server_state> state_;
    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    tls_engine tls_;
    request_reader reader_;
    http_response response_;
    std::string input_; // decrypted, not yet parsed
    std::string ready_; // responses that may leave
    std::size_t ready_count_ = 0;
    ending ready_end_ = ending::keep;       // what happens once they have left
    std::deque<delayed_responses> delayed_; // behind those
    std::size_t waiting_ = 0;               // responses in both
    std::size_t requests_ = 0;
    std::size_t number_ = 0;
    std::size_t discarded_ = 0;
    bool reading_ = false;    // a wait is pending
    bool writing_ = false;    // a wait is pending
    bool peer_ended_ = false; // it will send nothing more
    bool ending_ = false;     // no further request is read
    bool lingering_ = false;
    bool closed_ = false;
};

} // namespace bandwidth::webrtc::testing::detail
