#include "transport/tls_connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <new>
#include <utility>

#include "transport/tcp_options.hpp"

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

// So that one connection with a fast server does not keep the others waiting.
constexpr int reads_per_turn = 4;

errc resolve_error(const error_code& ec) {
    return is_absent(ec) ? errc::host_not_found : errc::resolve_failed;
}

class turn {
public:
    explicit turn(connection_host& host) noexcept : host_(host) { host_.begin_turn(); }
    ~turn() { host_.end_turn(); }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

private:
    connection_host& host_;
};

} // namespace

tls_connection::tls_connection(connection_host& host, connection_events& events, const endpoint& endpoint,
                               std::size_t depth, const response_limits& limits)
    : connection(depth, limits)
    , host_(host)
    , events_(&events)
    , endpoint_(endpoint)
    , socket_(host.executor()) {}

// What every completion does: nothing once the connection is closed, and all within one turn.
template <class Function>
auto tls_connection::in_turn(Function function) {
    return [keep = host_.keep_alive(), self = shared_from_this(), function](auto&&... results) {
        if (self->phase_ == phase::closed)
            return;
        {
            const turn scope(self->host_);
            if (self->phase_ == phase::closed) // by what the turn began with
                return;
            try {
                function(*self, std::forward<decltype(results)>(results)...);
            } catch (const std::bad_alloc&) {
                self->out_of_memory();
            }
        }
        self->read_on();
    };
}

void tls_connection::out_of_memory() noexcept {
    if (phase_ != phase::closed)
        fail(phase_ == phase::open ? close_cause::failed : close_cause::not_made, errc::out_of_memory, {});
}

void tls_connection::open() {
    error_code not_an_address;
    const auto address = asio::ip::make_address(endpoint_.host, not_an_address);
    if (not_an_address) {
        look_up();
        return;
    }
    unsigned short port = 0;
    std::from_chars(endpoint_.port.data(), endpoint_.port.data() + endpoint_.port.size(), port);
    connect(address_list(1, tcp::endpoint(address, port)));
}

void tls_connection::look_up() {
    phase_ = phase::resolving;
    ticket_ = host_.names().ask(
        in_turn([](tls_connection& self, const name_answer& answer) { self.on_resolved(answer); }));
}

void tls_connection::on_resolved(const name_answer& answer) {
    ticket_ = 0;
    if (answer.code && !tried_.empty() && !is_absent(answer.code)) {
        // Looking the name up anew has told nothing, so it remains that its known addresses do not answer.
        fail(close_cause::not_made, errc::connect_failed, dial_errors_);
        return;
    }
    if (answer.code) {
        fail(close_cause::not_made, resolve_error(answer.code),
             endpoint_.host + ": " + answer.code.message());
        return;
    }
    version_ = answer.version;
    cached_ = answer.cached && tried_.empty(); // it looks up anew once at most
    auto addresses = answer.addresses;
    std::erase_if(addresses, [this](const tcp::endpoint& address) {
        return std::find(tried_.begin(), tried_.end(), address) != tried_.end();
    });
    if (addresses.empty())
        fail(close_cause::not_made, errc::connect_failed, dial_errors_);
    else
        connect(addresses);
}

void tls_connection::connect(const address_list& addresses) {
    phase_ = phase::connecting;
    tried_.insert(tried_.end(), addresses.begin(), addresses.end());
    dialler_ = dialler::start(
        host_.executor(), addresses,
        in_turn([](tls_connection& self, dialler::result&& result) { self.on_dialled(std::move(result)); }));
}

void tls_connection::on_dialled(dialler::result&& result) {
    dialler_.reset();
    if (result.socket) {
        socket_ = std::move(*result.socket);
        address_ = result.address;
        host_.names().cache().worked(address_);
        tried_ = {};
        dial_errors_ = {};
        on_connected();
        return;
    }
    dial_errors_ = with_dial_errors(result.errors);
    // The host may have moved.
    if (!result.out_of_resources) {
        host_.names().cache().all_failed(version_);
        if (cached_) {
            look_up();
            return;
        }
    }
    fail(close_cause::not_made, errc::connect_failed, dial_errors_);
}

std::string tls_connection::with_dial_errors(const std::string& more) const {
    return (dial_errors_.empty() ? endpoint_.host + " port " + endpoint_.port + ": " : dial_errors_ + ", ") +
           more;
}

std::string tls_connection::describe_dial() const noexcept {
    try {
        if (phase_ == phase::resolving)
            return dial_errors_.empty() ? endpoint_.host + ": no answer from the name server"
                                        : dial_errors_ + ", and no answer from the name server";
        if (phase_ == phase::connecting && dialler_)
            return with_dial_errors(dialler_->describe());
        if (phase_ == phase::handshaking)
            return with_dial_errors(text_of(address_) + " connected, but the TLS handshake was not done");
    } catch (const std::bad_alloc&) { // the code will do
    }
    return {};
}

void tls_connection::on_connected() {
    error_code ec;
    set_tcp_options(socket_, ec);
    if (!ec)
        socket_.non_blocking(true, ec);
    if (ec) {
        fail(close_cause::not_made, errc::connect_failed,
             endpoint_.host + " port " + endpoint_.port + ": " + ec.message());
        return;
    }
    phase_ = phase::handshaking;
    context_ = host_.tls();
    tls_.emplace(*context_, endpoint_.host);
    wants_to_read_ = step_handshake();
}

bool tls_connection::step_handshake() {
    const auto status = tls_->handshake();
    send_output();
    switch (status) {
    case tls_engine::status::want_input:
        return true;
    case tls_engine::status::ok:
        phase_ = phase::open;
        events_->on_open(tls_->resumed());
        return phase_ == phase::open;
    default:
        fail(close_cause::not_made, tls_->code(), tls_->text());
        return false;
    }
}

void tls_connection::read_on() noexcept {
    if (!wants_to_read_ || phase_ == phase::closed)
        return;
    wants_to_read_ = false;
    try {
        socket_.async_wait(tcp::socket::wait_read,
                           in_turn([](tls_connection& self, const error_code& ec) { self.on_readable(ec); }));
    } catch (const std::bad_alloc&) {
        const turn scope(host_);
        out_of_memory();
    }
}

void tls_connection::on_readable(const error_code& ec) {
    wants_to_read_ = true;
    read(ec);
}

bool tls_connection::read_available() {
    try {
        read(error_code());
    } catch (const std::bad_alloc&) {
        out_of_memory();
    }
    return phase_ != phase::closed;
}

void tls_connection::read(error_code ec) {
    auto& cipher = host_.buffers().cipher;
    for (int i = 0; i < reads_per_turn; ++i) {
        std::size_t size = 0;
        if (!ec)
            size = socket_.read_some(asio::buffer(cipher), ec);
        if (ec == asio::error::would_block)
            return;
        if (ec) {
            peer_ended(false, ec == asio::error::eof ? error_code() : ec);
            return;
        }
        if (!on_received(std::string_view(cipher.data(), size)) || size < cipher.size())
            return;
    }
}

// False when the connection has ended.
bool tls_connection::on_received(std::string_view cipher) {
    events_->on_received(cipher.size());
    if (phase_ == phase::closed)
        return false;
    tls_->input(cipher);
    if (phase_ == phase::handshaking && !step_handshake())
        return false;
    return phase_ != phase::open || decrypt();
}

// False when the connection has ended.
bool tls_connection::decrypt() {
    auto& plain = host_.buffers().plain;
    for (;;) {
        std::size_t size = 0;
        const auto status = tls_->read(plain.data(), plain.size(), size);
        if (size != 0 && !consume(std::string_view(plain.data(), size)))
            return false;
        if (status == tls_engine::status::ok)
            continue;
        if (status == tls_engine::status::closed) {
            peer_ended(true, error_code());
            return false;
        }
        if (status == tls_engine::status::failed) {
            fail(tls_->rejected() ? close_cause::rejected : close_cause::failed, tls_->code(), tls_->text());
            return false;
        }
        if (!tls_->output().empty()) // a key update asks for an answer
            send_output();
        return true;
    }
}

// False when the connection has ended.
bool tls_connection::consume(std::string_view plain) {
    std::string_view input = plain;
    if (!partial_.empty()) {
        partial_.append(plain);
        input = partial_;
    }
    for (;;) {
        switch (requests_.receive(input)) {
        case pipeline::event::need_more:
            if (partial_.empty())
                partial_ = input;
            else
                partial_.erase(0, partial_.size() - input.size());
            return true;
        case pipeline::event::failed:
            fail(close_cause::failed, requests_.error(),
                 requests_.unsolicited_bytes() != 0 ? "bytes that no request had asked for" : "");
            return false;
        case pipeline::event::answered:
            events_->on_answer(requests_.owner(), requests_.message());
            if (phase_ == phase::closed)
                return false;
            if (requests_.last_answer_was_early()) {
                fail(close_cause::ended, errc::connection_lost, "the server answered before it was asked");
                return false;
            }
            if (requests_.last_answer_closes()) {
                fail(requests_.close_was_announced() ? close_cause::graceful : close_cause::ended,
                     errc::connection_lost, "the server announced that it closes");
                return false;
            }
            break;
        }
    }
}

void tls_connection::peer_ended(bool clean, const error_code& system_error) {
    if (phase_ == phase::handshaking) {
        tls_->input_ended();
        const auto status = tls_->handshake();
        const bool told = status == tls_engine::status::failed && !system_error;
        fail(close_cause::not_made, told ? tls_->code() : error_code(errc::handshake_failed),
             told ? tls_->text() : system_error.message());
        return;
    }
    if (requests_.end_of_stream(clean) == pipeline::event::answered) {
        events_->on_answer(requests_.owner(), requests_.message());
        if (phase_ == phase::closed)
            return;
        // Close-delimited: the end of the body was the end of the connection (RFC 9112, section 6.3).
        fail(requests_.close_was_announced() ? close_cause::graceful : close_cause::ended,
             errc::connection_lost, "the server closed the connection");
        return;
    }
    fail(system_error ? close_cause::failed : close_cause::ended, requests_.error(),
         system_error ? system_error.message() : "the server closed the connection");
}

void tls_connection::flush() {
    if (phase_ != phase::open)
        return;
    // One record at a time, and the next only when the socket has taken it whole: so it is known to the
    // record what the server can have seen. What stays in the batch gathers more.
    std::size_t taken = 0;
    while (taken < batch_.size() && !write_pending_ && !write_broken_) {
        const auto piece = std::string_view(batch_).substr(taken, tls_engine::largest_record);
        taken += piece.size();
        output_before_ = tls_->output().size();
        record_begin_ = record_end_;
        record_end_ += piece.size();
        write_broken_ = true; // where it throws
        const auto status = tls_->write(piece);
        if (status == tls_engine::status::failed && tls_->code() == errc::out_of_memory)
            throw std::bad_alloc();
        write_broken_ = status != tls_engine::status::ok; // the reader finds the same, and tells
        if (write_broken_)
            requests_.stop_accepting();
        send_output();
    }
    batch_.erase(0, taken);
}

void tls_connection::send_output() {
    auto& output = tls_->output();
    while (output_sent_ < output.size() && !write_pending_ && !write_broken_) {
        error_code ec;
        const auto size =
            socket_.write_some(asio::buffer(output.data() + output_sent_, output.size() - output_sent_), ec);
        if (ec == asio::error::would_block) {
            write_broken_ = true; // unless the wait begins
            socket_.async_wait(tcp::socket::wait_write, in_turn([](tls_connection& self, const error_code&) {
                                   self.write_pending_ = false;
                                   self.send_output();
                                   self.flush();
                               }));
            write_broken_ = false;
            write_pending_ = true;
        } else if (ec) {
            // What the server has sent before it closed is still to be read, so the reader decides.
            write_broken_ = true;
            requests_.stop_accepting();
        } else {
            output_sent_ += size;
            if (events_)
                events_->on_sent(size);
        }
    }
    note_sent();
    if (output_sent_ == output.size()) {
        output.clear();
        output_sent_ = 0;
        output_before_ = 0;
        // What comes into the output from here on, such as a closure alert, is no request: should it not get
        // out, the last batch still has.
        record_begin_ = record_end_;
    }
}

void tls_connection::note_sent() noexcept {
    if (output_sent_ == tls_->output().size())
        requests_.note_sent(record_end_, record_end_);
    else if (output_sent_ > output_before_)
        requests_.note_sent(record_begin_, record_end_);
    else
        requests_.note_sent(record_begin_, record_begin_);
}

void tls_connection::release_buffers() noexcept {
    if (phase_ != phase::open || write_pending_ || !tls_->output().empty())
        return;
    connection::release_buffers();
    tls_->release_buffers();
    if (partial_.empty())
        std::string().swap(partial_);
}

void tls_connection::close() noexcept {
    if (phase_ == phase::closed)
        return;
    events_ = nullptr;
    shut(false);
}

void tls_connection::give_up_dial() noexcept {
    if (phase_ == phase::closed)
        return;
    events_ = nullptr;
    shut(true);
}

void tls_connection::fail(close_cause cause, const error_code& code, std::string text) noexcept {
    shut(true);
    std::exchange(events_, nullptr)->on_closed(close_info{cause, code, std::move(text)});
}

// An attempt that has failed, or was not done in time, speaks against its addresses; one that this side has
// no use for any more does not.
void tls_connection::shut(bool attempt_failed) noexcept {
    const auto was = std::exchange(phase_, phase::closed);
    if (was == phase::open && !write_pending_ && !write_broken_) {
        // RFC 9112, section 9.8: a closure alert before closing, without waiting for the peer's.
        try {
            tls_->close_notify();
            send_output();
        } catch (const std::bad_alloc&) { // it goes without a word
        }
    }
    host_.names().forget(ticket_);
    if (attempt_failed && dialler_)
        host_.names().cache().all_failed(version_);
    if (attempt_failed && was == phase::handshaking)
        host_.names().cache().misbehaved(address_);
    if (const auto dialling = std::exchange(dialler_, nullptr))
        dialling->cancel();
    error_code ignored;
    socket_.close(ignored);
}

} // namespace bandwidth::webrtc::detail
