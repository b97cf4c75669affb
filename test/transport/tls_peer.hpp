#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <doctest/doctest.h>

#include <bandwidth/webrtc/testing/certificate.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/tls_engine.hpp"

namespace test {

namespace detail = bandwidth::webrtc::detail;
namespace testing = bandwidth::webrtc::testing;
using bandwidth::webrtc::errc;
using status = detail::tls_engine::status;

inline constexpr auto both_versions = {TLS1_2_VERSION, TLS1_3_VERSION};

/// The settings of a TLS server.
class tls_server {
public:
    explicit tls_server(const testing::certificate& shown, int version = 0)
        : context_(SSL_CTX_new(TLS_server_method())) {
        REQUIRE(context_);
        const detail::openssl_ptr<BIO> chain(
            BIO_new_mem_buf(shown.chain_pem().data(), static_cast<int>(shown.chain_pem().size())));
        X509* const certificate = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr);
        REQUIRE(SSL_CTX_use_certificate(context_.get(), certificate) == 1);
        X509_free(certificate);
        const auto& pem = shown.private_key_pem();
        const detail::openssl_ptr<BIO> key_text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
        EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr);
        REQUIRE(SSL_CTX_use_PrivateKey(context_.get(), key) == 1);
        EVP_PKEY_free(key);
        if (version != 0) {
            SSL_CTX_set_min_proto_version(context_.get(), version);
            SSL_CTX_set_max_proto_version(context_.get(), version);
        }
        SSL_CTX_set_session_id_context(context_.get(), reinterpret_cast<const unsigned char*>("test"), 4);
    }
    SSL_CTX* native() const { return context_.get(); }

    /// Demands a client certificate, and ends the handshake with the alert that OpenSSL has for `verdict` (an
    /// X509_V_ERR_...) whatever comes; X509_V_OK: takes any.
    void demand_certificate(int verdict) {
        verdict_ = verdict;
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        SSL_CTX_set_cert_verify_callback(
            context_.get(),
            [](X509_STORE_CTX* chain, void* self) {
                const int result = static_cast<tls_server*>(self)->verdict_;
                X509_STORE_CTX_set_error(chain, result);
                return result == X509_V_OK ? 1 : 0;
            },
            this);
    }

    /// Selects this ALPN protocol, offered or not.
    void select_alpn(std::string protocol) {
        alpn_ = std::move(protocol);
        SSL_CTX_set_alpn_select_cb(
            context_.get(),
            [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
               unsigned int offered_size, void* self) {
                auto& server = *static_cast<tls_server*>(self);
                server.offered_alpn.assign(reinterpret_cast<const char*>(offered), offered_size);
                if (server.alpn_.empty())
                    return SSL_TLSEXT_ERR_NOACK;
                *out = reinterpret_cast<const unsigned char*>(server.alpn_.data());
                *size = static_cast<unsigned char>(server.alpn_.size());
                return SSL_TLSEXT_ERR_OK;
            },
            this);
    }
    std::string offered_alpn;

private:
    detail::ssl_context_ptr context_;
    std::string alpn_;
    int verdict_ = X509_V_OK;
};

/// A client engine and a server that talk through strings.
class tls_pair {
public:
    tls_pair(detail::tls_context& context, const tls_server& server, const std::string& host = "localhost")
        : client(context, host), server_(SSL_new(server.native())) {
        SSL_set_bio(server_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(server_.get());
    }

    /// Shakes hands, the server's bytes in pieces of at most `piece`; the client's last status.
    status handshake(std::size_t piece = std::string::npos) {
        for (int round = 0; round < 20; ++round) {
            auto last = client.handshake();
            to_server();
            SSL_do_handshake(server_.get());
            ERR_clear_error();
            if (last != status::want_input) {
                from_server_ += take_from_server();
                return last;
            }
            std::string wire = std::exchange(from_server_, {}) + take_from_server();
            for (std::size_t at = 0; at < wire.size(); at += piece) {
                const std::string part = wire.substr(at, piece);
                client.input(part);
                last = client.handshake();
                if (last != status::want_input) {
                    std::string plain;
                    if (last == status::ok)
                        read(plain);
                    to_server();
                    SSL_do_handshake(server_.get());
                    ERR_clear_error();
                    from_server_ = wire.substr(std::min(wire.size(), at + piece)) + take_from_server();
                    return last;
                }
                if (piece == std::string::npos)
                    break;
            }
        }
        return status::want_input;
    }
    /// Everything that the client can decrypt of what the server has sent, appended to `plain`.
    status receive(std::string& plain, std::size_t piece = std::string::npos) {
        std::string wire = std::exchange(from_server_, {}) + take_from_server();
        auto last = status::want_input;
        for (std::size_t at = 0; at < wire.size() && last == status::want_input; at += piece) {
            const std::string part = wire.substr(at, piece);
            client.input(part);
            last = read(plain);
            if (piece == std::string::npos)
                break;
        }
        return last;
    }
    /// For the plain text of one `read`; as much as a connection has, unless told otherwise.
    std::size_t room = 64 * 1024;
    status read(std::string& plain) {
        for (;;) {
            std::vector<char> buffer(room);
            std::size_t size = 0;
            const auto got = client.read(buffer.data(), buffer.size(), size);
            plain.append(buffer.data(), size);
            if (got != status::ok)
                return got;
        }
    }
    void server_write(std::string_view plain) {
        REQUIRE(SSL_write(server_.get(), plain.data(), static_cast<int>(plain.size())) ==
                static_cast<int>(plain.size()));
    }
    std::string server_read() {
        to_server();
        std::string plain;
        char buffer[20'000];
        for (int size = 0; (size = SSL_read(server_.get(), buffer, sizeof buffer)) > 0;)
            plain.append(buffer, static_cast<std::size_t>(size));
        ERR_clear_error();
        return plain;
    }
    void server_close() { SSL_shutdown(server_.get()); }
    bool server_saw_close() {
        server_read();
        return (SSL_get_shutdown(server_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }
    SSL* server() const { return server_.get(); }
    /// Why the server's connection failed when it read what the client has sent last; 0 where it did not.
    int server_reason() {
        to_server();
        ERR_clear_error();
        char buffer[1];
        SSL_read(server_.get(), buffer, sizeof buffer);
        const auto error = ERR_peek_error();
        ERR_clear_error();
        return ERR_GET_REASON(error);
    }
    std::string take_from_server() {
        std::string wire;
        char buffer[4096];
        for (int size = 0; (size = BIO_read(SSL_get_wbio(server_.get()), buffer, sizeof buffer)) > 0;)
            wire.append(buffer, static_cast<std::size_t>(size));
        return wire;
    }
    void to_server() {
        auto& output = client.output();
        if (!output.empty())
            BIO_write(SSL_get_rbio(server_.get()), output.data(), static_cast<int>(output.size()));
        output.clear();
    }

    detail::tls_engine client;

private:
    detail::ssl_ptr server_;
    std::string from_server_; // not yet given to the client
};

/// One authority and what it makes for a test; keys cost time, so there is one for all.
inline const testing::certificate_authority& authority() {
    static const testing::certificate_authority made;
    return made;
}
inline const testing::certificate& localhost_certificate() {
    static const auto made = authority().issue(
        testing::certificate_options{}.dns_name("localhost").ip_address("127.0.0.1").ip_address("::1"));
    return made;
}
inline detail::tls_settings trusting() { return {authority().pem(), ""}; }

struct localhost_settings {
    explicit localhost_settings(int version) : shown(localhost_certificate(), version) {}

    detail::tls_context context{trusting(), 4};
    tls_server shown;
};

/// A pair whose client trusts its server, with the settings of both.
struct localhost_pair : localhost_settings, tls_pair {
    explicit localhost_pair(int version = 0) : localhost_settings(version), tls_pair(context, shown) {}
};

/// The same, behind the handshake.
struct connected_pair : localhost_pair {
    explicit connected_pair(int version = 0) : localhost_pair(version) { REQUIRE(handshake() == status::ok); }
};

} // namespace test
