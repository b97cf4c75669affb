#pragma once

#include <algorithm>
#include <array>
#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/testing/certificate.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "loopback/listener.hpp"
#include "loopback/request_reader.hpp"
#include "loopback/runner.hpp"
#include "loopback/tls_context.hpp"
#include "loopback/tls_engine.hpp"

// A TLS server that misbehaves by plan, and keeps exact books. Every request carries a number (a nonce),
// which its answer repeats; the plan, a function of the test's, says from that number what becomes of the
// request. So that what a client makes of an answer can be held against what was sent, and what it says of a
// request that got none against what arrived.

namespace support {

namespace asio = boost::asio;
using asio::ip::tcp;
namespace loopback = bandwidth::webrtc::testing::detail;

/// What becomes of one request.
struct chaos {
    enum class end : std::uint8_t {
        none,      ///< the connection lives
        announced, ///< `Connection: close` in the answer, then close_notify and FIN
        notify,    ///< close_notify and FIN, without a word
        fin,       ///< FIN without close_notify
        reset,     ///< RST
        garbage,   ///< something that is no HTTP in place of the answer, and then nothing ever more
        silence,   ///< nothing ever more
    };
    static constexpr std::size_t whole = static_cast<std::size_t>(-1);

    int status = 200;
    end ending = end::none;
    std::size_t bytes = whole; ///< how much of the answer goes out before the ending
    std::size_t piece = 0;     ///< in records of so many bytes; 0: all in one
    std::size_t padding = 0;   ///< more bytes in the body
    bool chunked = false;
    bool interim = false; ///< a 103 first
    std::chrono::microseconds delay{0};
    std::string_view fields; ///< more header lines
};

/// What the server saw of the requests with one number.
struct chaos_record {
    std::string method;
    int received = 0;       ///< whole requests, also those behind the end of their connection
    int processed = 0;      ///< what a service would have acted on
    int excused = 0;        ///< answered with 421 or 425, for which any request may be sent once more
    std::set<int> statuses; ///< of the answers that went out whole
    std::vector<std::size_t> connections; ///< on which it came
};

class chaos_server {
public:
    /// `send` counts from 1.
    using plan_function = std::function<chaos(std::string_view method, std::uint64_t nonce, int send)>;
    /// What becomes of the connection with this number.
    enum class welcome : std::uint8_t { take, reset, ignore };
    using welcome_function = std::function<welcome(std::size_t number)>;

    /// \param keep_books whether `records` is wanted; it costs memory for every request
    explicit chaos_server(
        plan_function plan, bool keep_books = true,
        welcome_function welcomes = [](std::size_t) { return welcome::take; })
        : shown_(loopback::make_localhost_certificate()), state_(std::make_shared<state>()) {
        loopback::server_tls tls;
        tls.shown = shown_;
        state_->tls = loopback::make_server_context(std::move(tls));
        state_->plan = std::move(plan);
        state_->keep_books = keep_books;
        const auto accept = [kept = state_, welcomes = std::move(welcomes)](tcp::socket socket) {
            const auto number = kept->accepted++;
            const auto how = welcomes(number);
            if (how == welcome::reset) {
                boost::system::error_code ignored;
                socket.set_option(asio::socket_base::linger(true, 0), ignored);
                return;
            }
            const auto made =
                std::make_shared<connection>(kept, std::move(socket), number, how == welcome::ignore);
            kept->open.insert(made);
            made->start();
        };
        listener_ =
            std::make_shared<loopback::listener>(runner_.executor(), "127.0.0.1", std::uint16_t{0}, accept);
        runner_.run([kept = listener_] { kept->start(); });
    }
    ~chaos_server() {
        runner_.stop([kept = state_, listening = listener_] {
            listening->close();
            while (!kept->open.empty())
                (*kept->open.begin())->close();
        });
    }
    chaos_server(const chaos_server&) = delete;
    chaos_server& operator=(const chaos_server&) = delete;

    std::uint16_t port() const { return listener_->port(); }
    const std::string& ca_pem() const { return shown_.issuer_pem(); }
    static bandwidth::webrtc::client_options client_options(std::uint16_t port, std::string_view ca_pem) {
        return bandwidth::webrtc::client_options{}
            .base_url("https://127.0.0.1:" + std::to_string(port) + "/v1")
            .account("9900000")
            .credentials("user", "secret")
            .ca_pem(ca_pem);
    }
    bandwidth::webrtc::client_options client_options() const { return client_options(port(), ca_pem()); }

    /// By their numbers.
    std::map<std::uint64_t, chaos_record> records() {
        std::map<std::uint64_t, chaos_record> copy;
        runner_.run([&] { copy = state_->records; });
        return copy;
    }
    /// Which request's answer told the client of the end of its connection, announced it or broke off.
    std::map<std::size_t, std::uint64_t> ended_by() {
        std::map<std::size_t, std::uint64_t> copy;
        runner_.run([&] { copy = state_->ended_by; });
        return copy;
    }
    std::size_t connections_open() {
        std::size_t count = 0;
        runner_.run([&] { count = state_->open.size(); });
        return count;
    }
    std::size_t connections_accepted() {
        std::size_t count = 0;
        runner_.run([&] { count = state_->accepted; });
        return count;
    }

private:
    struct state;

    struct request {
        std::uint64_t nonce = 0;
        chaos what;
        bool has_body = false;
        std::chrono::steady_clock::time_point due{};
    };

    class connection : public std::enable_shared_from_this<connection> {
    public:
        connection(std::shared_ptr<state> owner, tcp::socket socket, std::size_t number, bool ignore)
            : state_(std::move(owner))
            , socket_(std::move(socket))
            , timer_(socket_.get_executor())
            , tls_(*state_->tls)
            , number_(number)
            , ignore_(ignore) {}

        void start() {
            boost::system::error_code ignored;
            socket_.set_option(tcp::no_delay(true), ignored);
            socket_.non_blocking(true, ignored);
            wait_readable();
        }
        void close() {
            const auto self = shared_from_this();
            if (std::exchange(closed_, true))
                return;
            boost::system::error_code ignored;
            socket_.close(ignored);
            timer_.cancel();
            state_->open.erase(self);
        }

    private:
        void wait_readable() {
            socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](auto error) {
                if (self->closed_ || error)
                    return;
                if (self->read())
                    self->wait_readable();
            });
        }

        // What has come until now; false: the connection is over.
        bool read() {
            boost::system::error_code error;
            for (;;) {
                const auto size = socket_.read_some(asio::buffer(state_->buffer), error);
                if (error == asio::error::would_block)
                    return true;
                if (error) {
                    close();
                    return false;
                }
                if (ignore_)
                    continue;
                const auto now = tls_.receive(std::string_view(state_->buffer.data(), size), input_);
                take_requests();
                act();
                if (now == loopback::tls_engine::state::failed) {
                    write();
                    close();
                }
                if (closed_)
                    return false;
                if (size < state_->buffer.size())
                    return true;
            }
        }

        void take_requests() {
            std::size_t done = 0;
            for (;;) {
                std::size_t used = 0;
                const auto outcome = reader_.read(std::string_view(input_).substr(done), used);
                done += used;
                if (outcome != loopback::request_reader::outcome::complete)
                    break; // what is malformed is counted by the test: it never arrives
                take(reader_.request());
            }
            input_.erase(0, done);
        }
        void take(const loopback::http_request& came) {
            request added;
            added.nonce = nonce_of(came);
            added.what = state_->book(came.method, added.nonce, number_);
            added.has_body = came.method == "GET" || came.method == "POST" || added.what.status >= 300;
            if (came.method != "GET" && came.method != "POST" && added.what.status == 200)
                added.what.status = 204;
            if (ended_)
                return;
            if (added.what.delay.count() != 0)
                added.due = std::chrono::steady_clock::now() + added.what.delay;
            due_.push_back(std::move(added));
        }
        // "/n17" in the target, or "n17" in the body.
        static std::uint64_t nonce_of(const loopback::http_request& came) {
            auto at = came.target.rfind("/n");
            const auto& text = at == std::string::npos ? came.body : came.target;
            if (at == std::string::npos)
                at = came.body.find("\"n");
            return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + 2, nullptr, 10);
        }

        void act() {
            while (!due_.empty() && !ended_ && !closed_) {
                const auto& next = due_.front();
                if (next.due != std::chrono::steady_clock::time_point{} &&
                    next.due > std::chrono::steady_clock::now()) {
                    wait_until(next.due);
                    break;
                }
                answer(next);
                due_.pop_front();
            }
            if (!closed_)
                write();
        }
        void wait_until(std::chrono::steady_clock::time_point due) {
            timer_.expires_at(due);
            timer_.async_wait([self = shared_from_this()](auto error) {
                if (!self->closed_ && !error)
                    self->act();
            });
        }

        void answer(const request& to) {
            const auto& what = to.what;
            if (what.ending != chaos::end::none) {
                ended_ = true;
            }
            text_.clear();
            if (what.ending == chaos::end::garbage)
                text_ = "\x01\x02 no HTTP at all\r\n\r\n";
            else
                append_answer(to);
            const bool is_whole = what.bytes >= text_.size();
            state_->act(to.nonce, what, is_whole);
            const bool is_told = what.ending == chaos::end::announced || what.ending == chaos::end::garbage ||
                                 (ended_ && !is_whole && what.ending != chaos::end::silence);
            if (is_told && state_->keep_books)
                state_->ended_by.emplace(number_, to.nonce);
            text_.resize(std::min(text_.size(), what.bytes));
            if (what.piece == 0)
                plain_ += text_;
            for (std::size_t at = 0; what.piece != 0 && at < text_.size() && !closed_; at += what.piece) {
                plain_ += text_.substr(at, what.piece);
                write();
            }
            ending_ = what.ending;
        }
        void append_answer(const request& to) {
            const auto& what = to.what;
            if (what.interim)
                text_ += "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
            text_ += "HTTP/1.1 " + std::to_string(what.status) + " X\r\n";
            text_ += what.fields;
            if (what.ending == chaos::end::announced)
                text_ += "Connection: close\r\n";
            if (!to.has_body) {
                text_ += what.status == 204 ? "\r\n" : "Content-Length: 0\r\n\r\n";
                return;
            }
            text_ += "Content-Type: application/json\r\n";
            const auto nonce = std::to_string(to.nonce);
            auto body = "{\"id\":\"n" + nonce + "\"";
            if (what.status >= 300)
                body += ",\"error\":\"it is n" + nonce + "\"";
            if (what.padding != 0)
                body += ",\"padding\":\"" + std::string(what.padding, 'p') + "\"";
            body += "}";
            if (!what.chunked) {
                text_ += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
                return;
            }
            text_ += "Transfer-Encoding: chunked\r\n\r\n";
            const std::size_t first = 3;
            text_ += "3\r\n" + body.substr(0, first) + "\r\n";
            std::string length;
            for (auto rest = body.size() - first; rest != 0; rest /= 16)
                length.insert(length.begin(), "0123456789abcdef"[rest % 16]);
            text_ += length + ";x=y\r\n" + body.substr(first) + "\r\n0\r\n\r\n";
        }

        // Encrypts what is ready, writes it, and ends the connection where that is due.
        void write() {
            if (closed_)
                return;
            if (!plain_.empty() && tls_.current() != loopback::tls_engine::state::failed)
                tls_.send(plain_);
            plain_.clear();
            if (ending_ == chaos::end::announced || ending_ == chaos::end::notify)
                tls_.close_notify();
            auto& out = tls_.outgoing();
            if (!out.empty() && !writing_) {
                boost::system::error_code error;
                const auto written = socket_.write_some(asio::buffer(out), error);
                if (error && error != asio::error::would_block) {
                    close();
                    return;
                }
                out.erase(0, error ? 0 : written);
            }
            if (!out.empty()) {
                if (!std::exchange(writing_, true)) {
                    socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](auto error) {
                        self->writing_ = false;
                        if (!self->closed_ && !error)
                            self->write();
                    });
                }
                return;
            }
            finish();
        }
        void finish() {
            boost::system::error_code ignored;
            switch (std::exchange(ending_, chaos::end::none)) {
            case chaos::end::announced:
            case chaos::end::notify:
            case chaos::end::fin: // what comes behind is still read, and counted, until the client ends it
                socket_.shutdown(tcp::socket::shutdown_send, ignored);
                return;
            case chaos::end::reset:
                count_what_is_there();
                if (closed_)
                    return;
                socket_.set_option(asio::socket_base::linger(true, 0), ignored);
                close();
                return;
            case chaos::end::garbage:
            case chaos::end::silence:
            case chaos::end::none:
                return;
            }
        }
        void count_what_is_there() {
            boost::system::error_code error;
            std::array<char, 4096> buffer;
            for (;;) {
                const auto size = socket_.read_some(asio::buffer(buffer), error);
                if (error)
                    return;
                tls_.receive(std::string_view(buffer.data(), size), input_);
                take_requests();
            }
        }

        std::shared_ptr<state> state_;
        tcp::socket socket_;
        asio::steady_timer timer_;
        loopback::tls_engine tls_;
        loopback::request_reader reader_{false};
        std::deque<request> due_;
        std::string input_; // decrypted, not parsed
        std::string plain_; // answers, not encrypted
        std::string text_;  // one answer
        std::size_t number_;
        chaos::end ending_ = chaos::end::none; // what is to happen once all is written
        bool ignore_;
        bool ended_ = false; // answers no more
        bool writing_ = false;
        bool closed_ = false;
    };

    struct state {
        chaos book(const std::string& method, std::uint64_t nonce, std::size_t on) {
            if (!keep_books) { // only those that met a fault are remembered, until they are through
                const auto found = sends.find(nonce);
                const int send = found == sends.end() ? 1 : found->second + 1;
                auto what = plan(method, nonce, send);
                if (what.ending != chaos::end::none || what.status >= 300) {
                    if (sends.size() > 100'000)
                        sends.clear();
                    sends[nonce] = send;
                } else if (send != 1) {
                    sends.erase(found);
                }
                return what;
            }
            auto& seen = records[nonce];
            seen.method = method;
            seen.connections.push_back(on);
            return plan(method, nonce, ++seen.received);
        }
        void act(std::uint64_t nonce, const chaos& what, bool is_whole) {
            if (!keep_books)
                return;
            auto& seen = records[nonce];
            const bool answers = what.ending != chaos::end::garbage;
            const bool refuses =
                what.status == 408 || what.status == 421 || what.status == 425 || what.status == 429;
            if (!answers || !refuses)
                ++seen.processed;
            if (answers && is_whole) {
                seen.statuses.insert(what.status);
                seen.excused += what.status == 421 || what.status == 425 ? 1 : 0;
            }
        }

        loopback::openssl_ptr<SSL_CTX> tls;
        plan_function plan;
        bool keep_books = true;
        std::size_t accepted = 0;
        std::map<std::uint64_t, chaos_record> records;
        std::map<std::size_t, std::uint64_t> ended_by;
        std::unordered_map<std::uint64_t, int> sends;
        std::set<std::shared_ptr<connection>> open;
        std::array<char, 64 * 1024> buffer;
    };

    bandwidth::webrtc::testing::certificate shown_;
    loopback::runner runner_; // outlives what pending operations hold
    std::shared_ptr<state> state_;
    std::shared_ptr<loopback::listener> listener_;
};

} // namespace support
