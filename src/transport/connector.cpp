#include "transport/connector.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <utility>

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

// Asio has registered the socket with the reactor for writability, which tells that it has connected, and
// keeps it so: each wait for input would then find it writable, and wake the reactor for nothing.
void forget_writability(tcp_socket& socket, error_code& ec) {
    const auto protocol = socket.local_endpoint(ec).protocol();
    if (!ec) {
        const auto descriptor = socket.release(ec);
        if (!ec)
            socket.assign(protocol, descriptor, ec);
    }
}

} // namespace

connector::connector(transport_host& host, stream_owner& owner, const endpoint& endpoint)
    : host_(host), owner_(owner), endpoint_(endpoint) {}

// What every completion does: nothing once the connector has ended, and all within one cycle.
template <class Function>
auto connector::in_cycle(Function function) {
    return [keep = host_.keep_alive(), self = shared_from_this(), function](auto&&... results) {
        if (!self->done_)
            return;
        const cycle_scope scope(self->host_);
        if (self->done_) // else by what the cycle began with
            function(*self, std::forward<decltype(results)>(results)...);
    };
}

void connector::start(handler done) {
    done_ = std::move(done);
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

void connector::look_up() {
    phase_ = connect_phase::resolving;
    ticket_ = host_.names().ask(
        in_cycle([](connector& self, const name_answer& response) { self.on_resolved(response); }));
}

void connector::on_resolved(const name_answer& response) {
    ticket_ = 0;
    if (response.code) {
        fail(is_absent(response.code) ? errc::host_not_found : errc::resolve_failed,
             endpoint_.host + ": " + response.code.message());
        return;
    }
    cached_ = response.cached && tried_.empty(); // it looks up anew once at most
    auto addresses = response.addresses;
    std::erase_if(addresses, [this](const tcp::endpoint& address) {
        return std::find(tried_.begin(), tried_.end(), address) != tried_.end();
    });
    if (addresses.empty()) // looking up anew has told nothing new
        fail(errc::connect_failed, errors_);
    else
        connect(addresses);
}

void connector::connect(const address_list& addresses) {
    phase_ = connect_phase::connecting;
    tried_.insert(tried_.end(), addresses.begin(), addresses.end());
    dialler_ = dialler::start(
        host_.executor(), addresses,
        in_cycle([](connector& self, dialler::result&& result) { self.on_dialled(std::move(result)); }));
}

void connector::on_dialled(dialler::result&& result) {
    dialler_.reset();
    if (result.socket) {
        address_ = result.address;
        host_.names().cache().worked(address_);
        tried_ = {};
        errors_ = {};
        shake_hands(std::move(*result.socket));
        return;
    }
    errors_ = with_earlier_errors(result.errors);
    // The host may have moved.
    if (!result.out_of_resources) {
        host_.names().cache().all_failed();
        if (cached_) {
            look_up();
            return;
        }
    }
    fail(errc::connect_failed, errors_);
}

void connector::shake_hands(tcp_socket socket) {
    error_code ec;
    forget_writability(socket, ec);
    if (!ec)
        set_tcp_options(socket, ec);
    if (!ec)
        socket.non_blocking(true, ec);
    if (ec) {
        fail(errc::connect_failed, with_earlier_errors(ec.message()));
        return;
    }
    phase_ = connect_phase::handshaking;
    stream_ = std::make_unique<established_stream>(std::move(socket));
    stream_->context = host_.tls();
    stream_->tls = std::make_unique<tls_engine>(*stream_->context, endpoint_.host);
    step();
}

void connector::wait_for_input() {
    if (!std::exchange(waiting_, true)) {
        stream_->socket.async_wait(tcp::socket::wait_read,
                                   in_cycle([](connector& self, const error_code& ec) {
                                       self.waiting_ = false;
                                       self.read(ec);
                                   }));
    }
}

void connector::read_available() {
    if (phase_ == connect_phase::handshaking && done_)
        read({});
}

void connector::read(error_code ec) {
    auto& cipher = host_.buffers().cipher;
    std::size_t size = 0;
    if (!ec)
        size = stream_->socket.read_some(asio::buffer(cipher), ec);
    auto& tls = *stream_->tls;
    if (!ec) {
        owner_.on_received(size, true);
        tls.input(std::string_view(cipher.data(), size));
        step();
    } else if (ec == asio::error::would_block || ec == asio::error::interrupted) {
        wait_for_input();
    } else {
        tls.input_ended();
        const bool told = tls.handshake() == tls_engine::status::failed && ec == asio::error::eof;
        fail(told ? tls.code() : error_code(errc::handshake_failed), told ? tls.text() : ec.message());
    }
}

void connector::step() {
    auto& tls = *stream_->tls;
    const auto status = tls.handshake();
    const auto not_written = write_output(); // an alert too, where the handshake has failed
    if (status == tls_engine::status::failed || status == tls_engine::status::closed)
        fail(tls.code(), tls.text());
    else if (not_written)
        write_failed(not_written);
    else if (status == tls_engine::status::want_input)
        wait_for_input();
    else
        finish({std::move(stream_), {}, {}});
}

// What the socket does not take now follows when it has room, or is written by the owner of the stream.
error_code connector::write_output() {
    auto& output = stream_->tls->output();
    while (!output.empty() && !write_pending_) {
        error_code ec;
        const auto size = stream_->socket.write_some(asio::buffer(output), ec);
        if (ec == asio::error::would_block) {
            write_pending_ = true;
            stream_->socket.async_wait(tcp::socket::wait_write,
                                       in_cycle([](connector& self, const error_code&) {
                                           self.write_pending_ = false;
                                           if (const auto not_written = self.write_output())
                                               self.write_failed(not_written);
                                       }));
        } else if (!ec) {
            output.erase(0, size);
            owner_.on_sent(size);
        } else if (ec != asio::error::interrupted) {
            return ec;
        }
    }
    return {};
}

// What the server has sent before it closed tells better why.
void connector::write_failed(const error_code& why) {
    auto& tls = *stream_->tls;
    auto& cipher = host_.buffers().cipher;
    error_code ec;
    const auto size = stream_->socket.read_some(asio::buffer(cipher), ec);
    if (!ec) {
        tls.input(std::string_view(cipher.data(), size));
        if (tls.handshake() == tls_engine::status::failed) {
            fail(tls.code(), tls.text());
            return;
        }
    }
    fail(errc::handshake_failed, why.message());
}

void connector::fail(const error_code& code, std::string text) {
    if (phase_ == connect_phase::handshaking)
        host_.names().cache().misbehaved(address_);
    stream_.reset(); // closes the socket
    finish({nullptr, code, std::move(text)});
}

void connector::finish(outcome result) {
    const auto done = std::exchange(done_, nullptr);
    done(std::move(result));
}

void connector::close(close_reason why) noexcept {
    done_ = nullptr;
    host_.names().forget(ticket_);
    if (why == close_reason::connect_timeout) {
        if (phase_ == connect_phase::connecting)
            host_.names().cache().all_failed();
        else if (phase_ == connect_phase::handshaking)
            host_.names().cache().misbehaved(address_);
    }
    if (dialler_)
        std::exchange(dialler_, nullptr)->cancel();
    stream_.reset();
}

std::string connector::with_earlier_errors(const std::string& more) const {
    return (errors_.empty() ? endpoint_.host + " port " + endpoint_.port + ": " : errors_ + ", ") + more;
}

std::string connector::describe() const {
    switch (phase_) {
    case connect_phase::resolving:
        return errors_.empty() ? endpoint_.host + ": no response from the name server"
                               : errors_ + ", and no response from the name server";
    case connect_phase::connecting:
        return dialler_ ? with_earlier_errors(dialler_->describe()) : errors_;
    case connect_phase::handshaking:
        break;
    }
    return with_earlier_errors(text_of(address_) + " connected, but the TLS handshake was not done");
}

} // namespace bandwidth::webrtc::detail
