#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <bandwidth/webrtc/testing/scripted_server.hpp>

#include "loopback/script_log.hpp"
#include "loopback/tls_engine.hpp"

namespace bandwidth::webrtc::testing::detail {

/// What is not for the callers to see of a script.
struct script_access {
    static const std::vector<script_step>& steps(const script& of) noexcept { return of.steps_; }
};

/// One connection of a scripted server, playing its script in a coroutine. Everything runs on the server's
/// strand.
class scripted_connection : public std::enable_shared_from_this<scripted_connection> {
public:
    /// \param context nullptr: plain TCP
    scripted_connection(std::shared_ptr<script_log> log, boost::asio::ip::tcp::socket socket,
                        SSL_CTX* context, script played);

    void start();
    void close();
    /// What the log says of a hold may have changed.
    void wake_up() { timer_.cancel(); }
    std::size_t number() const noexcept { return number_; }

private:
    template <class T>
    using awaitable = boost::asio::awaitable<T>;

    static awaitable<void> run(std::shared_ptr<scripted_connection> self);
    awaitable<void> play();
    awaitable<void> stall();
    awaitable<void> stall_in_handshake(std::size_t bytes);
    // Each of these is false once the connection cannot go on; `error_` then says why.
    awaitable<bool> perform(const script_step& step);
    awaitable<bool> handshake();
    awaitable<bool> expect(std::string_view text);
    awaitable<bool> send(std::string_view bytes, std::size_t piece);
    awaitable<bool> hold();
    awaitable<bool> close_notify();
    awaitable<bool> key_update(std::size_t count);
    awaitable<bool> renegotiate();
    awaitable<bool> receive();
    awaitable<bool> read();
    awaitable<bool> write(std::string& bytes);
    void reset();

    std::shared_ptr<script_log> log_;
    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    std::optional<tls_engine> tls_;
    script script_;
    std::size_t number_;
    std::string received_;
    std::size_t consumed_ = 0; // of `received_`, by the steps so far
    std::string plaintext_;    // scratch of `read`
    std::array<char, 16384> buffer_{};
    std::string error_;
    bool handshake_logged_ = false;
};

} // namespace bandwidth::webrtc::testing::detail
