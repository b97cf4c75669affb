// T22: what the caller trusts is an anchor, though it is no root: an intermediate certificate, or a server's own.
#include <openssl/x509v3.h>

#include <doctest/doctest.h>

#include <string>

#include "transport/tls_peer.hpp"

using namespace test;
using bandwidth::webrtc::error_code;
using detail::openssl_ptr;

namespace {

/// A certificate and its key.
struct holder {
    openssl_ptr<X509> certificate{X509_new()};
    openssl_ptr<EVP_PKEY> key{EVP_EC_gen("P-256")};

    std::string pem() const {
        const openssl_ptr<BIO> text(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(text.get(), certificate.get());
        return text_of(text.get());
    }
    std::string key_pem() const {
        const openssl_ptr<BIO> text(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        return text_of(text.get());
    }

private:
    static std::string text_of(BIO* text) {
        char* data = nullptr;
        const long size = BIO_get_mem_data(text, &data);
        return {data, static_cast<std::size_t>(size)};
    }
};

void add_extension(const holder& to, const holder& issuer, int id, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer.certificate.get(), to.certificate.get(), nullptr, nullptr, 0);
    const openssl_ptr<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
    REQUIRE(X509_add_ext(to.certificate.get(), extension.get(), -1) == 1);
}

/// Signed by `issuer`, or by itself. `seconds_left` until it expires. Without key identifiers only the names tell who
/// has signed it.
holder make(const char* name, bool authority, const holder* issuer, long seconds_left = 3600,
            bool key_identifiers = true) {
    holder made;
    X509* const certificate = made.certificate.get();
    const auto& signer = issuer ? *issuer : made;
    X509_set_version(certificate, X509_VERSION_3);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds_left);
    X509_set_pubkey(certificate, made.key.get());
    const auto* const common_name = reinterpret_cast<const unsigned char*>(name);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, common_name, -1, -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
    add_extension(made, signer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(made, signer, NID_key_usage,
                  authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (key_identifiers)
        add_extension(made, signer, NID_subject_key_identifier, "hash");
    if (issuer && key_identifiers)
        add_extension(made, signer, NID_authority_key_identifier, "keyid");
    if (!authority)
        add_extension(made, signer, NID_subject_alt_name, "DNS:localhost");
    REQUIRE(X509_sign(certificate, signer.key.get(), EVP_sha256()) > 0);
    return made;
}

const holder& root() {
    static const auto made = make("root", true, nullptr);
    return made;
}
const holder& intermediate() {
    static const auto made = make("intermediate", true, &root());
    return made;
}
const holder& leaf() {
    static const auto made = make("leaf", false, &intermediate());
    return made;
}

/// What becomes of a connection to `host`, whose server shows the leaf alone, where `trusted` is.
error_code connect(const std::string& trusted, const holder& shown = leaf(),
                   const std::string& host = "localhost") {
    detail::tls_context context(detail::tls_settings{.ca_pem = trusted}, 4);
    const tls_server server(testing::certificate(shown.pem(), shown.key_pem(), ""));
    tls_pair pair(context, server, host);
    const auto result = pair.handshake();
    CHECK((result == status::ok) == !pair.client.code());
    return pair.client.code();
}

} // namespace

TEST_CASE("T22: an intermediate certificate alone is a trust anchor") {
    CHECK(connect(intermediate().pem()) == error_code());
    CHECK(connect(intermediate().pem() + root().pem()) == error_code());
    // The root alone does not do: the server does not show the certificate between.
    CHECK(connect(root().pem()) == errc::tls_untrusted);
    // Everything else is verified as ever.
    CHECK(connect(intermediate().pem(), leaf(), "other.example") == errc::tls_host_mismatch);
    const auto expired = make("expired", true, &root(), -60);
    CHECK(connect(expired.pem(), make("leaf", false, &expired)) == errc::tls_untrusted);
    const auto other = make("intermediate", true, &root());
    CHECK(connect(other.pem()) == errc::tls_untrusted);
    // A leaf is no authority, whoever trusts it.
    CHECK(connect(leaf().pem(), make("leaf of a leaf", false, &leaf())) == errc::tls_untrusted);
}

TEST_CASE("T22: a server's own certificate is trusted where it is given, and no other with it") {
    CHECK(connect(leaf().pem()) == error_code());
    CHECK(connect(leaf().pem(), make("leaf", false, &intermediate())) == errc::tls_untrusted);
    CHECK(connect(leaf().pem(), leaf(), "other.example") == errc::tls_host_mismatch);
    const auto expired = make("expired", false, &intermediate(), -60);
    CHECK(connect(expired.pem(), expired) == errc::tls_untrusted);
}

TEST_CASE("T23: another authority of the same name is not trusted, and the error says so") {
    // The signature is found wrong first, and only then the certificate: OpenSSL tells both.
    const auto signer = make("authority", true, nullptr, 3600, false);
    const auto other = make("authority", true, nullptr, 3600, false);
    const auto shown = make("server", false, &signer, 3600, false);
    CHECK(connect(signer.pem(), shown) == error_code());
    CHECK(connect(other.pem(), shown) == errc::tls_untrusted);
}

TEST_CASE("T22: in copies of a context too, and for sessions that are resumed") {
    const detail::tls_context first(detail::tls_settings{.ca_pem = intermediate().pem()}, 4);
    detail::tls_context context(first, 4);
    const tls_server server(testing::certificate(leaf().pem(), leaf().key_pem(), ""));
    for (const bool resumed : {false, true}) {
        tls_pair pair(context, server);
        REQUIRE(pair.handshake() == status::ok);
        pair.server_write("response");
        std::string received;
        CHECK(pair.receive(received) == status::want_input);
        CHECK(pair.client.resumed() == resumed);
        SSL_set_shutdown(pair.server(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
}
