#include <bandwidth/webrtc/testing/certificate.hpp>

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>
#include <openssl/pem.h>

#include "loopback/openssl.hpp"

using namespace bandwidth::webrtc::testing;
using detail::openssl_ptr;
using std::chrono::hours;
using std::chrono::system_clock;

namespace {

openssl_ptr<X509> parse(const std::string& pem) {
    const openssl_ptr<BIO> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    openssl_ptr<X509> read(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    REQUIRE(read != nullptr);
    return read;
}

/// Verifies a server certificate against one trusted root, as a TLS client does. X509_V_OK when it holds.
int verify(const std::string& leaf_pem, const std::string& root_pem) {
    const auto leaf = parse(leaf_pem);
    const auto root = parse(root_pem);
    X509_STORE* const trusted = X509_STORE_new();
    X509_STORE_add_cert(trusted, root.get());
    X509_STORE_CTX* const context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, trusted, leaf.get(), nullptr);
    X509_STORE_CTX_set_default(context, "ssl_server");
    X509_verify_cert(context);
    const int outcome = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(trusted);
    return outcome;
}

bool matches_host(const certificate& made, const std::string& host) {
    return X509_check_host(parse(made.chain_pem()).get(), host.data(), host.size(),
                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

} // namespace

TEST_CASE("a certificate is valid under its own authority alone") {
    const certificate_authority authority;
    const certificate_authority namesake;
    const auto made = authority.issue(certificate_options{}.dns_name("localhost"));
    CHECK(made.issuer_pem() == authority.pem());
    CHECK(verify(made.chain_pem(), authority.pem()) == X509_V_OK);
    CHECK(verify(made.chain_pem(), namesake.pem()) != X509_V_OK);
}

TEST_CASE("the private key belongs to the certificate") {
    const auto made = certificate_authority().issue(certificate_options());
    const auto& pem = made.private_key_pem();
    const openssl_ptr<BIO> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const openssl_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
    REQUIRE(key != nullptr);
    CHECK(X509_check_private_key(parse(made.chain_pem()).get(), key.get()) == 1);
}

TEST_CASE("names and addresses stand in the certificate as given") {
    const auto made = certificate_authority().issue(certificate_options{}
                                                        .common_name("not looked at")
                                                        .dns_name("a.example")
                                                        .dns_name("*.b.example")
                                                        .ip_address("127.0.0.1")
                                                        .ip_address("::1"));
    const auto parsed = parse(made.chain_pem());
    CHECK(matches_host(made, "a.example"));
    CHECK(matches_host(made, "x.b.example"));
    CHECK_FALSE(matches_host(made, "x.y.b.example"));
    CHECK_FALSE(matches_host(made, "not looked at"));
    CHECK(X509_check_ip_asc(parsed.get(), "127.0.0.1", 0) == 1);
    CHECK(X509_check_ip_asc(parsed.get(), "::1", 0) == 1);
    CHECK(X509_check_ip_asc(parsed.get(), "127.0.0.2", 0) == 0);
}

TEST_CASE("a common name alone matches no host") {
    const auto made = certificate_authority().issue(certificate_options{}.common_name("localhost"));
    CHECK_FALSE(matches_host(made, "localhost"));
    CHECK(X509_check_host(parse(made.chain_pem()).get(), "localhost", 9, 0, nullptr) == 1); // the old rule
}

TEST_CASE("a NUL in a name is kept") {
    const auto made =
        certificate_authority().issue(certificate_options{}.dns_name(std::string("localhost\0h", 11)));
    CHECK_FALSE(matches_host(made, "localhost"));
    const auto parsed = parse(made.chain_pem());
    const openssl_ptr<GENERAL_NAMES> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(parsed.get(), NID_subject_alt_name, nullptr, nullptr)));
    REQUIRE(names != nullptr);
    REQUIRE(sk_GENERAL_NAME_num(names.get()) == 1);
    CHECK(ASN1_STRING_length(sk_GENERAL_NAME_value(names.get(), 0)->d.dNSName) == 11);
}

TEST_CASE("certificates can be expired, not yet valid, or self-signed") {
    const certificate_authority authority;
    const auto now = system_clock::now();
    const auto expired =
        authority.issue(certificate_options{}.valid_from(now - hours(48)).valid_until(now - hours(1)));
    CHECK(verify(expired.chain_pem(), authority.pem()) == X509_V_ERR_CERT_HAS_EXPIRED);
    const auto early =
        authority.issue(certificate_options{}.valid_from(now + hours(1)).valid_until(now + hours(2)));
    CHECK(verify(early.chain_pem(), authority.pem()) == X509_V_ERR_CERT_NOT_YET_VALID);

    const auto alone =
        make_self_signed_certificate(certificate_options{}.common_name("x").dns_name("localhost"));
    CHECK(alone.issuer_pem() == alone.chain_pem());
    CHECK(verify(alone.chain_pem(), authority.pem()) == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}

TEST_CASE("what is no IP address is refused") {
    const certificate_authority authority;
    CHECK_THROWS_AS(static_cast<void>(authority.issue(certificate_options{}.ip_address("localhost"))),
                    std::invalid_argument);
}

TEST_CASE("a certificate can have ten thousand names") {
    certificate_options options;
    for (int i = 0; i < 10000; ++i)
        options.dns_name("host" + std::to_string(i) + ".example");
    CHECK(matches_host(certificate_authority().issue(options), "host9999.example"));
}

TEST_CASE("the pin of a public key is what the openssl program says") {
    // openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64
    static const char fixed[] =
        "-----BEGIN CERTIFICATE-----\n"
        "MIIBdzCCAR2gAwIBAgIUSy5ZgbZsKjM6CreKvf0yUKfEagAwCgYIKoZIzj0EAwIw\n"
        "EDEOMAwGA1UEAwwFZml4ZWQwIBcNMjYxMTIyMDIzMjEyWhgPMjEyNjEwMjkwMjMy\n"
        "MTJaMBAxDjAMBgNVBAMMBWZpeGVkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
        "A+JVdTY1emhPIJoNdmpcs+dyIoOQlPWxsTtGuHJmphl4akcTmsp5ThqlSJRZlV0f\n"
        "WUTtfkz3UJsmRPeNeldUgaNTMFEwHQYDVR0OBBYEFOF9IDUXgnzB0yU8DvCNpzr3\n"
        "5gsSMB8GA1UdIwQYMBaAFOF9IDUXgnzB0yU8DvCNpzr35gsSMA8GA1UdEwEB/wQF\n"
        "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAOUSLUbVCQ00ji01WbZqhODXVJndMLYT\n"
        "SdsR9XEBJI/1AiAoglffjMSZ2cp6wLtdH3kHhcdXHJBi3lHTDeQO7O6Fjw==\n"
        "-----END CERTIFICATE-----\n";
    CHECK(public_key_pin(fixed) == "gd61iqkzwV/qTFeWDG0fCzoaeUuKvLRZI07CHo17Kcg=");
    CHECK_THROWS_AS(public_key_pin("nonsense"), std::runtime_error);
}

TEST_CASE("a pin belongs to the first certificate's key") {
    const certificate_authority authority;
    const auto made = authority.issue(certificate_options());
    CHECK(public_key_pin(made.chain_pem()) == public_key_pin(made.chain_pem() + authority.pem()));
    CHECK(public_key_pin(made.chain_pem()) != public_key_pin(authority.pem()));
    CHECK(public_key_pin(made.chain_pem()) !=
          public_key_pin(authority.issue(certificate_options()).chain_pem()));
}
