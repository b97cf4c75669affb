#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/testing/certificate.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace support {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A TLS server on blocking threads whose answer tells which request it belongs to: 200 with the last part of
/// the target as "id". It reads when it is told to and as little at a time as it is told to, may answer
/// before it has read, and may reset what connects.
///
/// All member functions may be called from any thread.
class echo_server {
public:
    /// \param receive_buffer SO_RCVBUF of its connections; 0: the system's
    explicit echo_server(int receive_buffer = 0)
        : shown_(authority_.issue(bandwidth::webrtc::testing::certificate_options{}
                                      .dns_name("localhost")
                                      .ip_address("127.0.0.1")))
        , acceptor_(context_) {
        tls_.use_certificate_chain(asio::buffer(shown_.chain_pem()));
        tls_.use_private_key(asio::buffer(shown_.private_key_pem()), asio::ssl::context::pem);
        const tcp::endpoint at(asio::ip::address_v4::loopback(), 0);
        acceptor_.open(at.protocol());
        if (receive_buffer != 0)
            acceptor_.set_option(asio::socket_base::receive_buffer_size(receive_buffer));
        acceptor_.bind(at);
        acceptor_.listen();
        port_ = acceptor_.local_endpoint().port();
        accepting_ = std::thread([this] { accept(); });
    }
    ~echo_server() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            for (auto& each : served_)
                ::shutdown(each.socket, SHUT_RDWR);
        }
        changed_.notify_all();
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        accepting_.join();
        for (auto& each : served_) {
            each.thread.join();
            ::close(each.socket);
        }
    }
    echo_server(const echo_server&) = delete;
    echo_server& operator=(const echo_server&) = delete;

    std::uint16_t port() const { return port_; }
    bandwidth::webrtc::client_options client_options() const {
        return bandwidth::webrtc::client_options{}
            .base_url("https://127.0.0.1:" + std::to_string(port_) + "/v1")
            .account("9900000")
            .credentials("user", "secret")
            .ca_pem(authority_.pem());
    }

    /// Connections with a number under `count` (0: the first that was accepted) answer nothing until
    /// `resume`, and read nothing but what they may just be waiting for.
    void pause(std::size_t count = static_cast<std::size_t>(-1)) { set(paused_, count); }
    void resume() { set(paused_, 0); }
    /// Connections with that number and above are reset as soon as they are accepted.
    void reset_from(std::size_t number) { set(reset_from_, number); }
    /// At most this many bytes at a time, different ones each time.
    void read_at_most(std::size_t bytes) { set(piece_, bytes); }
    /// The next request with this text in its target is answered as soon as its request line has come, and
    /// nothing more is read on its connection.
    void answer_early(const std::string& text) {
        const std::lock_guard lock(mutex_);
        early_ = text;
    }

    std::size_t connections() const {
        const std::lock_guard lock(mutex_);
        return accepted_;
    }
    /// How often each target was answered.
    std::map<std::string, int> answered() const {
        const std::lock_guard lock(mutex_);
        return answered_;
    }

private:
    struct served {
        int socket;
        std::thread thread;
    };

    void set(std::size_t& setting, std::size_t value) {
        {
            const std::lock_guard lock(mutex_);
            setting = value;
        }
        changed_.notify_all();
    }

    void accept() {
        for (;;) {
            tcp::socket socket(context_);
            boost::system::error_code ec;
            acceptor_.accept(socket, ec);
            const std::lock_guard lock(mutex_);
            if (ec || stopping_)
                return;
            const auto number = accepted_++;
            if (number >= reset_from_) {
                socket.set_option(asio::socket_base::linger(true, 0), ec);
                continue;
            }
            // A duplicate, so that the number stays valid while the destructor may use it.
            auto& added = served_.emplace_back();
            added.socket = ::dup(socket.native_handle());
            added.thread =
                std::thread([this, number, copy = added.socket, moved = std::move(socket)]() mutable {
                    try {
                        serve(number, std::move(moved));
                    } catch (const boost::system::system_error&) { // the client has gone
                    }
                    ::shutdown(copy, SHUT_RDWR);
                });
        }
    }

    void serve(std::size_t number, tcp::socket socket) {
        socket.set_option(tcp::no_delay(true));
        asio::ssl::stream<tcp::socket> stream(std::move(socket), tls_);
        stream.handshake(asio::ssl::stream_base::server);
        std::string bytes;
        std::vector<char> buffer(64 * 1024);
        std::size_t reads = 0;
        bool answered_head = false; // early: of the request at the front of `bytes`
        for (;;) {
            const auto most = wait_for_turn(number, ++reads);
            if (most == 0)
                return;
            const auto size = stream.read_some(asio::buffer(buffer.data(), std::min(buffer.size(), most)));
            if (wait_for_turn(number, reads) == 0) // it was paused while it waited for bytes
                return;
            bytes.append(buffer.data(), size);
            std::string answers;
            while (take(bytes, answered_head, answers)) {
            }
            if (!answers.empty())
                asio::write(stream, asio::buffer(answers));
            if (answered_head) {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [&] { return stopping_; });
                return;
            }
        }
    }

    // How many bytes to read, once that is allowed; 0: the server stops.
    std::size_t wait_for_turn(std::size_t number, std::size_t reads) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopping_ || number >= paused_; });
        return stopping_ ? 0 : 1 + (reads * 7919) % piece_;
    }

    // Whether a whole request was taken from the front.
    bool take(std::string& bytes, bool& answered_head, std::string& answers) {
        const auto line_end = bytes.find("\r\n");
        if (line_end == std::string::npos)
            return false;
        const auto first = bytes.find(' ') + 1;
        const auto target = bytes.substr(first, bytes.find(' ', first) - first);
        const auto head_end = bytes.find("\r\n\r\n", line_end);
        const bool head_done = head_end != std::string::npos;
        std::size_t whole = 0;
        if (head_done) {
            const std::string_view head(bytes.data(), head_end + 2);
            const std::string_view name = "\r\nContent-Length: ";
            const auto field = head.find(name);
            whole = head_end + 4;
            if (field != std::string_view::npos)
                whole += std::stoul(std::string(head.substr(field + name.size(), 12)));
        }
        const bool complete = head_done && bytes.size() >= whole;
        answered_head = !complete && wants_early(target);
        if (complete || answered_head) {
            const auto body = "{\"id\":\"" + target.substr(target.rfind('/') + 1) + "\"}";
            answers += "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body;
            const std::lock_guard lock(mutex_);
            ++answered_[target];
        }
        if (!complete)
            return false;
        bytes.erase(0, whole);
        return true;
    }

    bool wants_early(const std::string& target) {
        const std::lock_guard lock(mutex_);
        if (early_.empty() || target.find(early_) == std::string::npos)
            return false;
        early_.clear();
        return true;
    }

    bandwidth::webrtc::testing::certificate_authority authority_;
    bandwidth::webrtc::testing::certificate shown_;
    asio::io_context context_;
    asio::ssl::context tls_{asio::ssl::context::tls_server};
    tcp::acceptor acceptor_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::list<served> served_;
    std::map<std::string, int> answered_;
    std::string early_;
    std::size_t accepted_ = 0;
    std::size_t paused_ = 0;
    std::size_t reset_from_ = static_cast<std::size_t>(-1);
    std::size_t piece_ = 64 * 1024;
    bool stopping_ = false;
    std::uint16_t port_ = 0;
    std::thread accepting_;
};

} // namespace support
