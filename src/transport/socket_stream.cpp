#include "transport/socket_stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <utility>

#include "transport/layered_engine.hpp"
#include "transport/plain_engine.hpp"
#include "transport/tls_engine.hpp"
#include "transport/tunnel_engine.hpp"

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

// What it means that a read gives neither plain text nor asks for more.
stream_end how_ended(stream_engine::status of_read, const stream_engine& engine) {
    if (of_read == stream_engine::status::closed)
        return stream_end::closed;
    if (of_read == stream_engine::status::cut)
        return engine.without_close_notify();
    return engine.rejected() ? stream_end::rejected : stream_end::broken;
}

} // namespace

socket_stream::socket_stream(transport_host& host, stream_owner& owner, const endpoint& endpoint)
    : host_(host)
    , owner_(&owner)
    , endpoint_(endpoint)
    , connector_(std::make_shared<connector>(host, endpoint)) {}

socket_stream::connected_socket::connected_socket(tcp_socket connected, const endpoint& to,
                                                  transport_host& host)
    : socket(std::move(connected)), context(to.plain ? nullptr : host.tls()) {
    if (to.plain)
        engine = std::make_unique<plain_engine>();
    else
        engine = std::make_unique<tls_engine>(*context, to.server_name);
    if (const auto& proxy = to.proxy) {
        engine = std::make_unique<tunnel_engine>(proxy, std::move(engine));
        if (proxy->tls)
            engine = std::make_unique<layered_engine>(proxy->tls, to.host, std::move(engine));
    }
}

// --- the beginning ---------------------------------------------------------------------------------------

void socket_stream::connect() {
    connector_->start([self = shared_from_this()](connector::outcome result) {
        self->on_tcp_connected(std::move(result));
    });
}

void socket_stream::on_tcp_connected(connector::outcome result) {
    if (!result.socket) {
        connector_.reset();
        std::exchange(owner_, nullptr)->on_connect_failed(result.code, std::move(result.text));
        return;
    }
    timings_ = connector_->timings();
    tcp_connected_ = clock::now();
    made_ = std::make_unique<connected_socket>(std::move(*result.socket), endpoint_, host_);
    shake_hands();
    if (made_)
        wait_for_input();
}

void socket_stream::shake_hands() {
    auto& engine = *made_->engine;
    const auto status = engine.handshake();
    const auto not_written = write_output(); // an alert too, where the handshake has failed
    if (status == stream_engine::status::failed || status == stream_engine::status::closed) {
        end(stream_end::broken, engine.code(), engine.text());
    } else if (not_written && status == stream_engine::status::want_input) {
        write_failed(not_written);
    } else if (not_written) {
        end(stream_end::broken, {}, not_written.message());
    } else if (status == stream_engine::status::ok) {
        connector_.reset();
        if (!endpoint_.plain)
            timings_.tls = clock::now() - tcp_connected_;
        owner_->on_connected(engine.resumed(), round_trip_of(made_->socket));
        decrypt(); // what came behind the handshake
    }
}

// --- reading ---------------------------------------------------------------------------------------------

void socket_stream::wait_for_input() {
    const auto arrived = [](socket_stream& self, const error_code& ec) {
        self.read(ec);
        if (self.made_)
            self.wait_for_input();
    };
    made_->socket.async_wait(tcp::socket::wait_read, in_cycle(host_, shared_from_this(), arrived));
}

void socket_stream::read_available() {
    if (made_)
        read({}, true);
}

// Where `end_too` is not set, a read that does not fill the buffer is the last: the next one would most often find
// nothing, and what it finds is told of by the reactor.
void socket_stream::read(error_code ec, bool end_too) {
    constexpr int reads_per_cycle = 4; // a connection with a fast server does not keep the others waiting
    auto& cipher = host_.buffers().cipher;
    for (int i = 0; i < reads_per_cycle && made_; ++i) {
        std::size_t size = 0;
        if (!ec)
            size = made_->socket.read_some(asio::buffer(cipher), ec);
        if (ec == asio::error::would_block || ec == asio::error::interrupted)
            return;
        if (ec) {
            const bool eof = ec == asio::error::eof;
            end(eof ? made_->engine->without_close_notify() : stream_end::broken, {},
                eof ? std::string() : ec.message());
            return;
        }
        owner_->on_received(size, size < cipher.size());
        if (made_) {
            proxy_answered_ = true;
            made_->engine->input(std::string_view(cipher.data(), size));
            if (connector_)
                shake_hands();
            else
                decrypt();
        }
        if (size < cipher.size() && !end_too)
            return;
    }
}

void socket_stream::decrypt() {
    auto& plain = host_.buffers().plain;
    while (made_) {
        auto& engine = *made_->engine;
        std::size_t size = 0;
        const auto status = engine.read(plain.data(), plain.size(), size);
        if (size != 0) {
            owner_->on_plaintext(std::string_view(plain.data(), size));
            if (!made_)
                return;
        }
        if (status == stream_engine::status::want_input) {
            if (!engine.output().empty()) // a key update asks for a response
                send();
            return;
        }
        if (status != stream_engine::status::ok) {
            end(how_ended(status, engine), engine.code(), engine.text());
            return;
        }
    }
}

// --- writing ---------------------------------------------------------------------------------------------

void socket_stream::flush() {
    while (made_ && !connector_ && !waits_for_room_ && !owner_->output().empty()) {
        const auto record = owner_->output().substr(0, stream_engine::largest_record);
        auto& engine = *made_->engine;
        before_ = engine.output().size();
        if (engine.write(record) != stream_engine::status::ok) {
            // Nothing of it was encrypted, so nothing of it can be seen.
            end(stream_end::broken, engine.code(), engine.text());
            return;
        }
        record_pending_ = true;
        owner_->on_output_taken(record.size());
        send();
    }
}

void socket_stream::send() {
    if (const auto not_written = write_output())
        write_failed(not_written);
}

error_code socket_stream::write_output() {
    auto& output = made_->engine->output();
    error_code failed;
    while (sent_ < output.size() && !waits_for_room_ && !failed) {
        error_code ec;
        const auto size =
            made_->socket.write_some(asio::buffer(output.data() + sent_, output.size() - sent_), ec);
        if (ec == asio::error::would_block) {
            waits_for_room_ = true;
            const auto has_room = [](socket_stream& self, const error_code&) {
                self.waits_for_room_ = false;
                self.send();
                self.flush();
            };
            made_->socket.async_wait(tcp::socket::wait_write, in_cycle(host_, shared_from_this(), has_room));
        } else if (ec) {
            if (ec != asio::error::interrupted)
                failed = ec;
        } else {
            sent_ += size;
            owner_->on_sent(size);
        }
    }
    const bool whole = sent_ == output.size();
    if (record_pending_ && (whole || sent_ > before_)) {
        owner_->on_output_sent(whole);
        record_pending_ = !whole;
    }
    if (whole) {
        output.clear();
        sent_ = before_ = 0;
    }
    return failed;
}

// What the server has sent before it closed is still to be read, and tells best what has happened. But a
// write can fail while reading goes on (a full queue of the network device, no route, a firewall), and then
// nothing would ever come.
void socket_stream::write_failed(const error_code& ec) {
    waits_for_room_ = true; // nothing more is written
    read({});
    if (made_)
        end(stream_end::broken, {}, ec.message());
}

// --- the end ---------------------------------------------------------------------------------------------

void socket_stream::release_buffers() noexcept {
    if (made_ && made_->engine->output().empty())
        made_->engine->release_buffers();
}

void socket_stream::end(stream_end how, const error_code& code, std::string text) {
    auto* const owner = std::exchange(owner_, nullptr);
    const bool proxy_failed = at_proxy();
    shut();
    if (const auto connecting = std::exchange(connector_, nullptr)) {
        connecting->handshake_failed();
        const errc otherwise = proxy_failed ? errc::proxy_failed : errc::handshake_failed;
        owner->on_connect_failed(code ? code : error_code(otherwise),
                                 explain(*connecting, proxy_failed, how, std::move(text)));
    } else {
        if (endpoint_.proxy)
            text = explain_end(std::move(text));
        owner->on_end(how, code, std::move(text));
    }
}

// Why a connection through a proxy has ended. Which of the two has closed it cannot be seen from here.
std::string socket_stream::explain_end(std::string text) const {
    return (text.empty() ? "the server or the proxy closed the connection" : text) + " (through proxy " +
           endpoint_.host + " port " + endpoint_.port + ")";
}

std::string socket_stream::describe_connecting() const {
    if (!at_proxy())
        return connector_->describe("the TLS handshake was not done");
    if (!proxy_answered_ && endpoint_.proxy->tls)
        return connector_->describe("it did not answer the TLS handshake; it may be no https:// proxy");
    if (!proxy_answered_ && endpoint_.proxy->socks)
        return connector_->describe("it did not answer the SOCKS 5 greeting; it may be no SOCKS proxy");
    return connector_->describe("the proxy had not connected to the server");
}

// Why the handshake has failed, with the proxy named where it is the proxy's, or went through one.
std::string socket_stream::explain(const connector& connecting, bool of_proxy, stream_end how,
                                   std::string text) const {
    if (of_proxy)
        return connecting.where() + ": " +
               (text.empty() ? "it ended the connection before it had connected to the server" : text);
    if (how == stream_end::truncated || text.empty())
        text = "the server ended the connection during the handshake";
    return endpoint_.proxy ? text + " (through " + connecting.where() + ")" : text;
}

void socket_stream::close(close_reason why) noexcept {
    owner_ = nullptr;
    if (connector_)
        connector_->close(why);
    shut();
}

void socket_stream::shut() noexcept {
    if (made_ && !waits_for_room_) {
        // RFC 9112, section 9.8: a closure alert before closing, without waiting for the peer's.
        made_->engine->close_notify();
        auto& output = made_->engine->output();
        error_code ignored;
        made_->socket.write_some(asio::buffer(output.data() + sent_, output.size() - sent_), ignored);
    }
    made_.reset();
}

} // namespace bandwidth::webrtc::detail
