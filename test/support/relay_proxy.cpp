#include "support/relay_proxy.hpp"

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "core/base64.hpp"

namespace support {

namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;

namespace {

using tls_stream = asio::ssl::stream<tcp::socket>;

// The client's side of a tunnel, and the server's.
template <class Stream>
struct tunnel {
    explicit tunnel(Stream from) : client(std::move(from)), server(client.get_executor()) {}

    void reset() {
        error_code ignored;
        client.lowest_layer().set_option(asio::socket_base::linger(true, 0), ignored);
        client.lowest_layer().close(ignored);
        server.close(ignored);
    }
    void close() {
        error_code ignored;
        client.lowest_layer().close(ignored);
        server.close(ignored);
    }

    Stream client;
    tcp::socket server;
};

} // namespace

struct relay_proxy::impl {
    explicit impl(const relay_options& with)
        : options(with)
        , acceptor(context, {asio::ip::address_v4::loopback(), 0})
        , port(acceptor.local_endpoint().port())
        , tls(asio::ssl::context::tls_server) {
        if (options.shown) {
            tls.use_certificate_chain(asio::buffer(options.shown->chain_pem()));
            tls.use_private_key(asio::buffer(options.shown->private_key_pem()), asio::ssl::context::pem);
        }
        asio::co_spawn(context, accept(), asio::detached);
        thread = std::thread([this] { context.run(); });
    }
    ~impl() {
        context.stop();
        thread.join();
    }

    asio::awaitable<void> accept() {
        for (;;) {
            tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
            std::size_t number = 0;
            {
                const std::lock_guard lock(mutex);
                number = asked.size();
                asked.emplace_back();
            }
            if (!options.shown) {
                auto made = std::make_shared<tunnel<tcp::socket>>(std::move(socket));
                asio::co_spawn(context, serve(std::move(made), number), asio::detached);
            } else {
                auto made = std::make_shared<tunnel<tls_stream>>(tls_stream(std::move(socket), tls));
                asio::co_spawn(context, serve_tls(std::move(made), number), asio::detached);
            }
        }
    }

    asio::awaitable<void> serve_tls(std::shared_ptr<tunnel<tls_stream>> of, std::size_t number) {
        tls_tunnels.push_back(of);
        error_code ec;
        co_await of->client.async_handshake(tls_stream::server,
                                            asio::redirect_error(asio::use_awaitable, ec));
        if (!ec)
            co_await serve(std::move(of), number);
    }

    template <class Stream>
    asio::awaitable<void> serve(std::shared_ptr<tunnel<Stream>> of, std::size_t number) {
        std::string target; // host:port
        try {
            bool served = false;
            if (options.is_socks)
                served = co_await greet_socks(*of, number, target);
            else
                served = co_await greet_http(*of, number, target);
            if (!served)
                co_return;
        } catch (const boost::system::system_error&) {
            co_return; // the client has gone
        }
        const auto to = std::stoi(target.substr(target.rfind(':') + 1));
        const tcp::endpoint server(asio::ip::address_v4::loopback(), static_cast<unsigned short>(to));
        error_code ec;
        co_await of->server.async_connect(server, asio::redirect_error(asio::use_awaitable, ec));
        std::string response = ec ? "HTTP/1.1 502 Bad Gateway\r\n\r\n" : options.established;
        if (options.is_socks)
            response = socks_reply(ec ? 5 : 0);
        const bool failed = bool(ec);
        co_await asio::async_write(of->client, asio::buffer(response),
                                   asio::redirect_error(asio::use_awaitable, ec));
        if (ec || failed)
            co_return;
        asio::co_spawn(context, carry(of, of->client, of->server, false), asio::detached);
        asio::co_spawn(context, carry(of, of->server, of->client, true), asio::detached);
    }

    // More of what the client says, until there is as much as that.
    template <class Stream>
    asio::awaitable<std::string> read(Stream& client, std::size_t number, std::size_t size) {
        std::string bytes(size, '\0');
        co_await asio::async_read(client, asio::buffer(bytes), asio::use_awaitable);
        log(number, bytes);
        co_return bytes;
    }

    template <class Stream>
    asio::awaitable<bool> greet_http(tunnel<Stream>& of, std::size_t number, std::string& target) {
        std::string request;
        while (!request.ends_with("\r\n\r\n"))
            request += co_await read(of.client, number, 1);
        const auto begin = request.find(' ') + 1;
        target = request.substr(begin, request.find(' ', begin) - begin);
        std::string refusal = next_of_first();
        const auto credentials =
            "\r\nProxy-Authorization: Basic " +
            bandwidth::webrtc::detail::encode_base64(options.user + ":" + options.secret) + "\r\n";
        if (refusal.empty() && !options.user.empty() && request.find(credentials) == std::string::npos)
            refusal =
                "HTTP/1.1 407 Proxy Authentication Required\r\n"
                "Proxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n";
        if (!refusal.empty())
            co_await asio::async_write(of.client, asio::buffer(refusal), asio::use_awaitable);
        co_return refusal.empty();
    }

    template <class Stream>
    asio::awaitable<bool> greet_socks(tunnel<Stream>& of, std::size_t number, std::string& target) {
        const std::string hello = co_await read(of.client, number, 2);
        const std::string methods = co_await read(of.client, number, static_cast<unsigned char>(hello[1]));
        const char wanted = options.user.empty() ? 0 : 2;
        const bool offered = methods.find(wanted) != std::string::npos;
        const std::string chosen{5, offered ? wanted : static_cast<char>(0xff)};
        co_await asio::async_write(of.client, asio::buffer(chosen), asio::use_awaitable);
        if (!offered)
            co_return false;
        if (wanted == 2) {
            const std::string version = co_await read(of.client, number, 1);
            const std::string user = co_await read_counted(of.client, number);
            const std::string secret = co_await read_counted(of.client, number);
            const bool right = user == options.user && secret == options.secret;
            const std::string verdict{1, static_cast<char>(right ? 0 : 1)};
            co_await asio::async_write(of.client, asio::buffer(verdict), asio::use_awaitable);
            if (!right)
                co_return false;
        }
        const std::string request = co_await read(of.client, number, 4);
        if (request[3] == 3)
            target = co_await read_counted(of.client, number);
        else
            co_await read(of.client, number, request[3] == 1 ? 4 : 16); // each is this machine
        const std::string port_bytes = co_await read(of.client, number, 2);
        target += ":" + std::to_string(static_cast<unsigned char>(port_bytes[0]) * 256 +
                                       static_cast<unsigned char>(port_bytes[1]));
        const std::string refusal = next_of_first();
        if (!refusal.empty())
            co_await asio::async_write(of.client, asio::buffer(refusal), asio::use_awaitable);
        co_return refusal.empty();
    }

    template <class Stream>
    asio::awaitable<std::string> read_counted(Stream& client, std::size_t number) {
        const std::string size = co_await read(client, number, 1);
        const std::string text = co_await read(client, number, static_cast<unsigned char>(size[0]));
        co_return text;
    }

    template <class Stream, class From, class To>
    asio::awaitable<void> carry(std::shared_ptr<tunnel<Stream>> of, From& from, To& to, bool responses) {
        std::array<char, 16 * 1024> bytes;
        for (;;) {
            error_code ec;
            const std::size_t size = co_await from.async_read_some(
                asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
            if (responses && cut.exchange(false)) {
                of->reset();
                co_return;
            }
            if (!ec) {
                {
                    const std::lock_guard lock(mutex);
                    carried.append(bytes.data(), size);
                }
                co_await asio::async_write(to, asio::buffer(bytes.data(), size),
                                           asio::redirect_error(asio::use_awaitable, ec));
            }
            if (ec) {
                of->close();
                co_return;
            }
        }
    }

    static std::string socks_reply(char reply) { return std::string{5, reply, 0, 1, 0, 0, 0, 0, 0, 0}; }

    void log(std::size_t number, const std::string& bytes) {
        const std::lock_guard lock(mutex);
        asked[number] += bytes;
    }
    std::string next_of_first() {
        return responded < options.first.size() ? options.first[responded++] : std::string();
    }

    const relay_options options;
    asio::io_context context;
    tcp::acceptor acceptor;
    const std::uint16_t port;
    asio::ssl::context tls;
    std::size_t responded = 0; // of `options.first`
    std::vector<std::weak_ptr<tunnel<tls_stream>>> tls_tunnels;
    std::atomic<bool> cut{false};
    std::mutex mutex; // for what follows
    std::vector<std::string> asked;
    std::string carried;
    std::thread thread;
};

relay_proxy::relay_proxy(const relay_options& options) : impl_(std::make_unique<impl>(options)) {}
relay_proxy::~relay_proxy() = default;

std::uint16_t relay_proxy::port() const { return impl_->port; }

std::string relay_proxy::url() const {
    const char* const scheme = impl_->options.is_socks ? "socks5h" : impl_->options.shown ? "https" : "http";
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port());
}

std::size_t relay_proxy::connections() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->asked.size();
}

std::string relay_proxy::asked(std::size_t connection) const {
    const std::lock_guard lock(impl_->mutex);
    return connection < impl_->asked.size() ? impl_->asked[connection] : std::string();
}

std::string relay_proxy::carried() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->carried;
}

void relay_proxy::cut_at_next_response() { impl_->cut = true; }

void relay_proxy::end_tls() {
    asio::post(
        impl_->context,
        [this] {
            for (const auto& each : impl_->tls_tunnels)
                if (const auto of = each.lock())
                    of->client.async_shutdown([of](const error_code&) {}); // it waits for the client's
        });
}

} // namespace support
