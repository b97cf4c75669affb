#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace support {

namespace asio = boost::asio;
namespace http = boost::beast::http;

/// How a `raw_tls_client` connects.
struct raw_tls_options {
    std::string host = "localhost"; ///< for SNI and for the verification of the certificate
    int max_version = TLS1_3_VERSION;
    std::string alpn; ///< the offer, in wire form ("\x08http/1.1"); empty: none
    SSL_SESSION* resumed = nullptr;
    std::string certificate_pem = {}; ///< to show to a server that asks; empty: none
    std::string private_key_pem = {};
};

/// How a connection came to its end.
enum class connection_end { close_notify, truncated, reset };

/// A blocking TLS client that sends and reads whatever a test wants, to test a server without the library's
/// client. Every call is over within ten seconds, or throws.
class raw_tls_client {
public:
    raw_tls_client(std::uint16_t port, const std::string& ca_pem,
                   const raw_tls_options& options = raw_tls_options()) {
        tls_.set_verify_mode(asio::ssl::verify_peer);
        tls_.add_certificate_authority(asio::buffer(ca_pem));
        if (!options.certificate_pem.empty()) {
            tls_.use_certificate_chain(asio::buffer(options.certificate_pem));
            tls_.use_private_key(asio::buffer(options.private_key_pem), asio::ssl::context::pem);
        }
        if (options.max_version < TLS1_2_VERSION) {
            SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_VERSION);
            SSL_CTX_set_security_level(tls_.native_handle(), 0);
        }
        stream_.emplace(context_, tls_);
        stream_->set_verify_callback(asio::ssl::host_name_verification(options.host));
        SSL* const ssl = stream_->native_handle();
        SSL_set_tlsext_host_name(ssl, options.host.c_str());
        SSL_set_max_proto_version(ssl, options.max_version);
        if (!options.alpn.empty()) {
            SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(options.alpn.data()),
                                static_cast<unsigned>(options.alpn.size()));
        }
        if (options.resumed != nullptr)
            SSL_set_session(ssl, options.resumed);
        stream_->next_layer().connect({asio::ip::address_v4::loopback(), port});
        stream_->next_layer().set_option(asio::ip::tcp::no_delay(true));
        stream_->async_handshake(asio::ssl::stream_base::client,
                                 [this](boost::system::error_code error) { done(error, 0); });
        throw_if(wait());
    }

    void send(std::string_view bytes) {
        if (!send_within(bytes, patience))
            throw std::runtime_error("the server did not take the request in ten seconds");
    }

    /// Sends for this long at most; what is left goes out during later calls, for which `bytes` must stay
    /// alive.
    bool send_within(std::string_view bytes, std::chrono::milliseconds timeout) {
        sent_ = false;
        asio::async_write(*stream_, asio::buffer(bytes.data(), bytes.size()),
                          [this](boost::system::error_code error, std::size_t) {
                              sent_ = true;
                              send_error_ = error;
                          });
        const bool in_time = run_until(sent_, timeout);
        throw_if(send_error_);
        return in_time;
    }

    /// Ends the TCP connection's sending direction, without close_notify.
    void end_sending() { stream_->next_layer().shutdown(asio::ip::tcp::socket::shutdown_send); }

    /// Sends close_notify and waits for the server's; no error when that comes.
    boost::system::error_code shutdown() {
        stream_->async_shutdown([this](boost::system::error_code error) { done(error, 0); });
        return wait();
    }

    /// The next response, to a request of this method.
    http::response<http::string_body> read_response(http::verb method = http::verb::get) {
        http::response_parser<http::string_body> parser;
        parser.eager(true);
        parser.skip(method == http::verb::head);
        for (;;) {
            if (!unread_.empty()) {
                boost::system::error_code error;
                const std::size_t used = parser.put(asio::buffer(unread_), error);
                unread_.erase(0, used);
                if (error && error != http::error::need_more)
                    throw boost::system::system_error(error, "response");
            }
            if (parser.is_done())
                return parser.release();
            throw_if(read_some());
        }
    }

    http::response<http::string_body> exchange(std::string_view request) {
        send(request);
        return read_response();
    }

    /// Reads until the connection ends; what came is in `unread`.
    connection_end read_to_end() {
        for (;;) {
            const auto error = read_some();
            if (error == asio::error::eof)
                return connection_end::close_notify;
            if (error == asio::ssl::error::stream_truncated)
                return connection_end::truncated;
            if (error == asio::error::connection_reset || error == asio::error::broken_pipe)
                return connection_end::reset;
            throw_if(error);
        }
    }

    /// Reads once; fails as the stream does.
    boost::system::error_code read_some() {
        stream_->async_read_some(asio::buffer(buffer_), [this](boost::system::error_code error,
                                                               std::size_t size) { done(error, size); });
        const auto error = wait();
        unread_.append(buffer_.data(), size_);
        return error;
    }

    const std::string& unread() const noexcept { return unread_; }
    SSL* native_handle() { return stream_->native_handle(); }
    asio::ip::tcp::socket& socket() { return stream_->next_layer(); }

private:
    void done(boost::system::error_code error, std::size_t size) {
        error_ = error;
        size_ = size;
        done_ = true;
    }

    boost::system::error_code wait() {
        done_ = false;
        if (!run_until(done_, patience))
            throw std::runtime_error("the server did nothing for ten seconds");
        return error_;
    }

    bool run_until(const bool& condition, std::chrono::milliseconds timeout) {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        context_.restart();
        while (!condition && std::chrono::steady_clock::now() < deadline)
            context_.run_one_until(deadline);
        return condition;
    }

    static void throw_if(boost::system::error_code error) {
        if (error)
            throw boost::system::system_error(error, "raw_tls_client");
    }

    static constexpr std::chrono::seconds patience{10};

    asio::io_context context_{1};
    asio::ssl::context tls_{asio::ssl::context::tls_client};
    std::optional<asio::ssl::stream<asio::ip::tcp::socket>> stream_;
    std::array<char, 16384> buffer_{};
    std::string unread_;
    boost::system::error_code error_;
    std::size_t size_ = 0;
    bool done_ = false;
    boost::system::error_code send_error_;
    bool sent_ = true;
};

} // namespace support
