#include "loopback/scripted_connection.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace bandwidth::webrtc::testing::detail {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using tcp = asio::ip::tcp;
using kind = script_step::kind;

scripted_connection::scripted_connection(std::shared_ptr<script_log> log, tcp::socket socket,
                                         SSL_CTX* context, script played)
    : log_(std::move(log))
    , socket_(std::move(socket))
    , timer_(socket_.get_executor())
    , script_(std::move(played))
    , number_(log_->connection_opened()) {
    if (context != nullptr)
        tls_.emplace(*context);
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
}

void scripted_connection::start() {
    asio::co_spawn(socket_.get_executor(), run(shared_from_this()), asio::detached);
}

void scripted_connection::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
}

void scripted_connection::reset() {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
}

asio::awaitable<void> scripted_connection::run(std::shared_ptr<scripted_connection> self) {
    co_await self->play();
}

asio::awaitable<void> scripted_connection::play() {
    for (const auto& step : script_access::steps(script_)) {
        if (step.what == kind::rst) {
            reset();
            log_->ended(number_);
            co_return;
        }
        if (step.what == kind::stall) {
            log_->ended(number_);
            co_await stall();
            co_return;
        }
        if (step.what == kind::handshake_stall) {
            co_await stall_in_handshake(step.count);
            co_return;
        }
        const bool going = co_await perform(step);
        if (!going) {
            log_->failed(number_, error_);
            close();
            co_return;
        }
    }
    log_->ended(number_);
    bool open = co_await handshake();
    while (open)
        open = co_await read();
    if (tls_ && tls_->current() == tls_engine::state::closed)
        co_await close_notify();
    close();
}

asio::awaitable<bool> scripted_connection::perform(const script_step& step) {
    bool going = true;
    boost::system::error_code error;
    switch (step.what) {
    case kind::handshake:
        going = co_await handshake();
        break;
    case kind::expect_requests:
        for (std::size_t i = 0; going && i < step.count; ++i)
            going = co_await expect("\r\n\r\n");
        break;
    case kind::expect_bytes:
        going = co_await expect(step.bytes);
        break;
    case kind::send:
        going = co_await send(step.bytes, step.count);
        break;
    case kind::send_raw: {
        std::string bytes = step.bytes;
        going = co_await write(bytes);
        break;
    }
    case kind::key_update:
        going = co_await key_update(step.count);
        break;
    case kind::renegotiate:
        going = co_await renegotiate();
        break;
    case kind::delay:
        timer_.expires_after(step.duration);
        co_await timer_.async_wait(redirect_error(use_awaitable, error));
        break;
    case kind::hold:
        going = co_await hold();
        break;
    case kind::close_notify:
        going = co_await close_notify();
        break;
    case kind::fin:
        socket_.shutdown(tcp::socket::shutdown_send, error);
        break;
    case kind::handshake_stall:
    case kind::rst:
    case kind::stall:
        break; // done by `play`
    }
    if (error) {
        error_ = error.message();
        going = false;
    }
    co_return going;
}

asio::awaitable<bool> scripted_connection::handshake() {
    bool going = true;
    while (going && tls_ && tls_->current() == tls_engine::state::handshaking)
        going = co_await read();
    co_return going;
}

/// Keeps the connection open until `close` cancels the timer.
asio::awaitable<void> scripted_connection::stall() {
    boost::system::error_code ignored;
    timer_.expires_at(asio::steady_timer::time_point::max());
    co_await timer_.async_wait(redirect_error(use_awaitable, ignored));
}

asio::awaitable<void> scripted_connection::stall_in_handshake(std::size_t bytes) {
    bool going = true;
    while (going && tls_ && tls_->outgoing().empty())
        going = co_await receive();
    if (going && tls_) {
        tls_->outgoing().resize(std::min(tls_->outgoing().size(), bytes));
        going = co_await write(tls_->outgoing());
    }
    if (!going) {
        log_->failed(number_, error_);
        close();
        co_return;
    }
    log_->ended(number_);
    co_await stall();
}

asio::awaitable<bool> scripted_connection::expect(std::string_view text) {
    bool going = co_await handshake();
    for (;;) {
        const auto found = received_.find(text, consumed_);
        if (found != std::string::npos) {
            consumed_ = found + text.size();
            co_return true;
        }
        if (!going)
            co_return false;
        going = co_await read();
    }
}

asio::awaitable<bool> scripted_connection::send(std::string_view bytes, std::size_t piece) {
    bool going = co_await handshake();
    while (going && !bytes.empty()) {
        const auto now = bytes.substr(0, piece);
        bytes.remove_prefix(now.size());
        if (tls_) {
            tls_->send(now);
            going = co_await write(tls_->outgoing());
        } else {
            std::string plain(now);
            going = co_await write(plain);
        }
    }
    co_return going;
}

asio::awaitable<bool> scripted_connection::hold() {
    log_->hold(number_);
    while (socket_.is_open() && log_->state(number_) == script_state::held)
        co_await stall(); // until `wake_up` or `close`
    co_return socket_.is_open();
}

asio::awaitable<bool> scripted_connection::close_notify() {
    bool going = co_await handshake();
    if (going && tls_) {
        tls_->close_notify();
        going = co_await write(tls_->outgoing());
    }
    co_return going;
}

asio::awaitable<bool> scripted_connection::key_update(std::size_t count) {
    bool going = co_await handshake();
    for (std::size_t i = 0; going && i < count; ++i)
        going = tls_ && tls_->key_update();
    if (!going || !tls_) {
        error_ = error_.empty() ? "no key update here" : error_;
        co_return false;
    }
    going = co_await write(tls_->outgoing());
    co_return going;
}

asio::awaitable<bool> scripted_connection::renegotiate() {
    bool going = co_await handshake();
    if (!going || !tls_ || !tls_->renegotiate()) {
        error_ = error_.empty() ? "no renegotiation here" : error_;
        co_return false;
    }
    going = co_await write(tls_->outgoing());
    co_return going;
}

/// Reads once from the socket. With TLS, what has to be sent in return (handshake, alerts) waits in
/// `tls_->outgoing()`.
asio::awaitable<bool> scripted_connection::receive() {
    boost::system::error_code error;
    const std::size_t size =
        co_await socket_.async_read_some(asio::buffer(buffer_), redirect_error(use_awaitable, error));
    if (error) {
        error_ = error.message();
        co_return false;
    }
    const std::string_view came(buffer_.data(), size);
    plaintext_.clear();
    if (tls_) {
        tls_->receive(came, plaintext_);
        if (!handshake_logged_) {
            log_->handshake(number_, tls_->handshake());
            handshake_logged_ = tls_->current() != tls_engine::state::handshaking;
        }
    } else {
        plaintext_ = came;
    }
    received_ += plaintext_;
    log_->received(number_, plaintext_);
    co_return true;
}

/// Reads once, and sends what TLS has to say.
asio::awaitable<bool> scripted_connection::read() {
    if (tls_ && tls_->current() == tls_engine::state::closed) {
        error_ = "close_notify";
        co_return false;
    }
    bool going = co_await receive();
    if (going && tls_)
        going = co_await write(tls_->outgoing());
    if (going && tls_ && tls_->current() == tls_engine::state::failed) {
        error_ = tls_->error();
        going = false;
    }
    co_return going;
}

/// Writes all of `bytes` and empties them.
asio::awaitable<bool> scripted_connection::write(std::string& bytes) {
    boost::system::error_code error;
    co_await asio::async_write(socket_, asio::buffer(bytes), redirect_error(use_awaitable, error));
    bytes.clear();
    if (error)
        error_ = error.message();
    co_return !error;
}

} // namespace bandwidth::webrtc::testing::detail
