#include "support/chaos_server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <unordered_map>
#include <utility>

#include "loopback/request_reader.hpp"
#include "loopback/tls_context.hpp"
#include "loopback/tls_engine.hpp"
#include "support/text.hpp"

namespace support {

namespace asio = boost::asio;
using asio::ip::tcp;
namespace loopback = bandwidth::webrtc::testing::detail;
using error_code = boost::system::error_code;
using clock_type = std::chrono::steady_clock;

namespace {

struct request {
    std::string name;
    std::uint64_t nonce = 0;
    chaos what;
    bool has_body = false;
    clock_type::time_point due{};
};

// See `chaos_server`.
std::string name_of(const loopback::http_request& came) {
    std::string_view text = came.target;
    auto at = text.rfind("/n");
    if (at == std::string_view::npos && came.method == "POST") {
        text = came.body;
        at = text.find("\"n");
    }
    if (at == std::string_view::npos) {
        text = came.target;
        at = text.rfind('/');
    }
    const auto name = text.substr(at + 1);
    return std::string(name.substr(0, name.find_first_of("/\"")));
}

std::uint64_t nonce_of(const std::string& name) {
    return name.starts_with('n') ? std::strtoull(name.c_str() + 1, nullptr, 10) : 0;
}

void append_response(const request& to, std::string& text) {
    const auto& what = to.what;
    if (what.ending == chaos::end::garbage) {
        text += "\x01\x02 no HTTP at all\r\n\r\n";
        return;
    }
    if (what.interim)
        text += "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    text += "HTTP/1.1 " + std::to_string(what.status) + " X\r\n";
    text += what.fields;
    if (what.ending == chaos::end::announced)
        text += "Connection: close\r\n";
    if (!to.has_body) {
        text += what.status == 204 ? "\r\n" : "Content-Length: 0\r\n\r\n";
        return;
    }
    text += "Content-Type: application/json\r\n";
    auto body = "{\"id\":\"" + to.name + "\"";
    if (what.status >= 300)
        body += ",\"error\":\"it is " + to.name + "\"";
    if (what.padding != 0)
        body += ",\"padding\":\"" + std::string(what.padding, 'p') + "\"";
    body += "}";
    if (!what.chunked) {
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        return;
    }
    std::array<char, 16> length;
    const auto end = std::to_chars(length.data(), length.data() + length.size(), body.size() - 3, 16).ptr;
    text += "Transfer-Encoding: chunked\r\n\r\n3\r\n" + body.substr(0, 3) + "\r\n";
    text.append(length.data(), end).append(";x=y\r\n").append(body, 3).append("\r\n0\r\n\r\n");
}

} // namespace

struct chaos_server::state {
    chaos book(const std::string& method, std::uint64_t nonce, std::size_t on) {
        if (!options.keep_books) { // only those that met a fault are remembered, until they are through
            const auto found = sends.find(nonce);
            const int send = found == sends.end() ? 1 : found->second + 1;
            auto what = options.plan(method, nonce, send);
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
        return options.plan(method, nonce, ++seen.received);
    }
    // Whether the record has to say when the response has left.
    bool act(std::uint64_t nonce, const chaos& what, bool is_whole, std::size_t on) {
        if (!options.keep_books)
            return false;
        auto& seen = records[nonce];
        const bool responses = what.ending != chaos::end::garbage;
        const bool refuses =
            what.status == 408 || what.status == 421 || what.status == 425 || what.status == 429;
        if (!responses || !refuses)
            ++seen.processed;
        if (responses && is_whole) {
            seen.statuses.insert(what.status);
            seen.excused += what.status == 421 || what.status == 425 ? 1 : 0;
            seen.refused += what.status == 429 ? 1 : 0;
        }
        const bool is_cut_off =
            what.ending != chaos::end::none && what.ending != chaos::end::silence && !is_whole;
        if (what.ending == chaos::end::announced || !responses || is_cut_off)
            ended_by.emplace(on, nonce);
        return responses && is_whole;
    }
    std::size_t bytes_of_read(std::size_t reads) const {
        return most_at_once == 0 ? buffer.size() : std::min(buffer.size(), 1 + (reads * 7919) % most_at_once);
    }

    chaos_options options;
    loopback::openssl_ptr<SSL_CTX> tls;
    std::size_t accepted = 0;
    std::size_t paused = 0;       // connections under this number
    std::size_t most_at_once = 0; // 0: no limit
    std::string early;
    std::map<std::uint64_t, chaos_record> records;
    std::map<std::size_t, std::uint64_t> ended_by;
    std::map<std::size_t, clock_type::time_point> finished;
    std::unordered_map<std::uint64_t, int> sends;
    std::set<std::shared_ptr<connection>> open;
    std::array<char, 64 * 1024> buffer;
};

class chaos_server::connection : public std::enable_shared_from_this<connection> {
public:
    connection(std::shared_ptr<state> owner, tcp::socket socket, std::size_t number, bool ignore)
        : state_(std::move(owner))
        , socket_(std::move(socket))
        , timer_(socket_.get_executor())
        , tls_(*state_->tls)
        , number_(number)
        , ignore_(ignore) {}

    void start() {
        error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        socket_.non_blocking(true, ignored);
        wait_readable();
    }
    void go_on() {
        if (is_paused())
            return;
        take_requests();
        act();
        wait_readable();
    }
    void close() {
        const auto self = shared_from_this();
        if (std::exchange(closed_, true))
            return;
        error_code ignored;
        socket_.close(ignored);
        timer_.cancel();
        state_->open.erase(self);
    }

private:
    bool is_paused() const {
        return number_ < state_->paused && tls_.current() != loopback::tls_engine::state::handshaking;
    }

    void wait_readable() {
        if (closed_ || deaf_ || is_paused() || std::exchange(reading_, true))
            return;
        socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
            self->reading_ = false;
            if (!error && !self->closed_) {
                self->read();
                self->wait_readable();
            }
        });
    }

    // What has come until now.
    void read() {
        error_code error;
        while (!closed_ && !deaf_ && !is_paused()) {
            const auto most = state_->bytes_of_read(++reads_);
            const auto size = socket_.read_some(asio::buffer(state_->buffer.data(), most), error);
            if (error == asio::error::would_block)
                return;
            if (error) {
                close();
                return;
            }
            if (ignore_)
                continue;
            const auto now = tls_.receive(std::string_view(state_->buffer.data(), size), input_);
            if (!is_paused())
                take_requests();
            act();
            if (now == loopback::tls_engine::state::failed)
                close();
            if (size < most)
                return;
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
        // One that is to be answered before all of it has come.
        if (!state_->early.empty() && !reader_.idle() && names(reader_.request().target, state_->early)) {
            state_->early.clear();
            deaf_ = true;
            take(reader_.request());
        }
    }
    void take(const loopback::http_request& came) {
        request added;
        added.name = name_of(came);
        added.nonce = nonce_of(added.name);
        added.what = state_->book(came.method, added.nonce, number_);
        added.has_body = came.method == "GET" || came.method == "POST" || added.what.status >= 300;
        if (came.method != "GET" && came.method != "POST" && added.what.status == 200)
            added.what.status = 204;
        if (ended_)
            return;
        if (added.what.delay.count() != 0)
            added.due = clock_type::now() + added.what.delay;
        due_.push_back(std::move(added));
    }
    void act() {
        while (!due_.empty() && !ended_ && !closed_) {
            const auto& next = due_.front();
            if (next.due != clock_type::time_point{} && next.due > clock_type::now()) {
                wait_until(next.due);
                break;
            }
            respond(next);
            due_.pop_front();
        }
        write();
    }
    void wait_until(clock_type::time_point due) {
        timer_.expires_at(due);
        timer_.async_wait([self = shared_from_this()](error_code error) {
            if (!self->closed_ && !error)
                self->act();
        });
    }

    void respond(const request& to) {
        const auto& what = to.what;
        ended_ = what.ending != chaos::end::none;
        text_.clear();
        append_response(to, text_);
        const bool is_answered = state_->act(to.nonce, what, what.bytes >= text_.size(), number_);
        text_.resize(std::min(text_.size(), what.bytes));
        if (what.piece == 0)
            plain_ += text_;
        for (std::size_t at = 0; what.piece != 0 && at < text_.size() && !closed_; at += what.piece) {
            plain_ += text_.substr(at, what.piece);
            write();
        }
        if (is_answered)
            leaving_.push_back(to.nonce);
        if (what.quiet.count() == 0) {
            ending_ = what.ending;
            return;
        }
        timer_.expires_after(what.quiet); // nothing is answered any more, so nothing else waits for it
        timer_.async_wait([self = shared_from_this(), ending = what.ending](error_code error) {
            if (error)
                return;
            self->ending_ = ending;
            self->write();
        });
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
            error_code error;
            const auto written = socket_.write_some(asio::buffer(out), error);
            if (error && error != asio::error::would_block) {
                close();
                return;
            }
            out.erase(0, error ? 0 : written);
        }
        if (out.empty()) {
            for (const auto nonce : leaving_)
                state_->records[nonce].responded = clock_type::now();
            leaving_.clear();
            finish();
            return;
        }
        if (std::exchange(writing_, true))
            return;
        socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code error) {
            self->writing_ = false;
            if (!error)
                self->write();
        });
    }
    void finish() {
        error_code ignored;
        switch (std::exchange(ending_, chaos::end::none)) {
        case chaos::end::announced:
        case chaos::end::notify:
        case chaos::end::fin: // what comes behind is still read, and counted, until the client ends it
            socket_.shutdown(tcp::socket::shutdown_send, ignored);
            if (state_->options.keep_books)
                state_->finished.emplace(number_, clock_type::now());
            return;
        case chaos::end::reset:
            count_what_is_there();
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
        error_code error;
        std::array<char, 4096> buffer;
        for (;;) {
            const auto size = socket_.read_some(asio::buffer(buffer), error);
            if (error)
                return;
            tls_.receive(std::string_view(buffer.data(), size), input_);
            take_requests();
        }
    }

    static constexpr std::size_t longest_head = 1024 * 1024;

    std::shared_ptr<state> state_;
    tcp::socket socket_;
    asio::steady_timer timer_;
    loopback::tls_engine tls_;
    loopback::request_reader reader_{false, longest_head};
    std::deque<request> due_;
    std::string input_;                  // decrypted, not parsed
    std::string plain_;                  // responses, not encrypted
    std::string text_;                   // one response
    std::vector<std::uint64_t> leaving_; // the requests whose responses are in `plain_`, or not written yet
    std::size_t number_;
    std::size_t reads_ = 0;
    chaos::end ending_ = chaos::end::none; // what is to happen once all is written
    bool ignore_;
    bool deaf_ = false;  // reads no more
    bool ended_ = false; // it sends no more responses
    bool reading_ = false;
    bool writing_ = false;
    bool closed_ = false;
};

chaos_server::chaos_server(chaos_options options)
    : shown_(loopback::make_localhost_certificate()), state_(std::make_shared<state>()) {
    loopback::server_tls tls;
    tls.shown = shown_;
    state_->tls = loopback::make_server_context(std::move(tls));
    state_->options = std::move(options);
    const auto accept = [kept = state_](tcp::socket socket) {
        const auto number = kept->accepted++;
        const auto how = kept->options.welcomes(number);
        if (how == chaos_options::welcome::reset) {
            error_code ignored;
            socket.set_option(asio::socket_base::linger(true, 0), ignored);
            return;
        }
        const bool ignore = how == chaos_options::welcome::ignore;
        const auto made = std::make_shared<connection>(kept, std::move(socket), number, ignore);
        kept->open.insert(made);
        made->start();
    };
    listener_ =
        std::make_shared<loopback::listener>(runner_.executor(), "127.0.0.1", std::uint16_t{0}, accept);
    if (state_->options.receive_buffer != 0)
        listener_->receive_buffer_size(state_->options.receive_buffer);
    runner_.run([kept = listener_] { kept->start(); });
}

chaos_server::~chaos_server() {
    runner_.stop([kept = state_, listening = listener_] {
        listening->close();
        while (!kept->open.empty())
            (*kept->open.begin())->close();
    });
}

bandwidth::webrtc::client_options chaos_server::client_options(std::uint16_t port, std::string_view ca_pem) {
    return bandwidth::webrtc::client_options{}
        .base_url("https://127.0.0.1:" + std::to_string(port) + "/v1")
        .account("9900000")
        .credentials("user", "secret")
        .ca_pem(ca_pem);
}

void chaos_server::pause(std::size_t count) {
    runner_.run([&] {
        state_->paused = count;
        for (const auto& each : std::set(state_->open)) // one that goes on may close
            each->go_on();
    });
}

void chaos_server::read_at_most(std::size_t bytes) {
    runner_.run([&] { state_->most_at_once = bytes; });
}

void chaos_server::respond_early(const std::string& text) {
    runner_.run([&] { state_->early = text; });
}

std::map<std::uint64_t, chaos_record> chaos_server::records() {
    std::map<std::uint64_t, chaos_record> copy;
    runner_.run([&] { copy = state_->records; });
    return copy;
}

std::map<std::size_t, std::uint64_t> chaos_server::ended_by() {
    std::map<std::size_t, std::uint64_t> copy;
    runner_.run([&] { copy = state_->ended_by; });
    return copy;
}

std::map<std::size_t, clock_type::time_point> chaos_server::finished() {
    std::map<std::size_t, clock_type::time_point> copy;
    runner_.run([&] { copy = state_->finished; });
    return copy;
}

std::size_t chaos_server::connections_open() {
    std::size_t count = 0;
    runner_.run([&] { count = state_->open.size(); });
    return count;
}

std::size_t chaos_server::connections_accepted() {
    std::size_t count = 0;
    runner_.run([&] { count = state_->accepted; });
    return count;
}

} // namespace support
