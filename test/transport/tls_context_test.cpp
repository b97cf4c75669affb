#include <doctest/doctest.h>

#include "transport/tls_peer.hpp"

using namespace test;

namespace {

// The message with which the settings are refused; empty: they are not.
std::string refusal(const detail::tls_settings& settings) {
    try {
        const detail::tls_context context(settings, 1);
        return {};
    } catch (const bandwidth::webrtc::api_error& error) {
        CHECK(error.code() == errc::invalid_options);
        CHECK(ERR_peek_error() == 0);
        return error.failure().message();
    }
}

detail::tls_settings showing(const std::string& chain_pem, const std::string& key_pem) {
    auto settings = trusting();
    settings.certificate_pem = chain_pem;
    settings.private_key_pem = key_pem;
    return settings;
}

} // namespace

TEST_CASE("authorities in PEM are taken, one or more, with text around them") {
    const auto& pem = authority().pem();
    CHECK(refusal({pem, ""}).empty());
    CHECK(refusal({pem + pem, ""}).empty());
    CHECK(
        refusal({"# a comment\n" + pem + "\n# another\n" + testing::certificate_authority().pem() + "\n", ""})
            .empty());
    CHECK(refusal({localhost_certificate().private_key_pem() + pem, ""}).empty());
}

TEST_CASE("the system's authorities are the default") { CHECK(refusal({"", ""}).empty()); }

TEST_CASE("texts that hold no authority are refused, the option named") {
    const auto& pem = authority().pem();
    auto damaged = pem;
    damaged[pem.size() / 2] = '!';
    for (const std::string& text :
         {std::string("hello"), std::string("\n"), localhost_certificate().private_key_pem(), damaged,
          pem.substr(0, pem.size() / 2), pem + pem.substr(0, pem.size() / 2), pem + damaged,
          std::string("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")}) {
        CAPTURE(text);
        CHECK(refusal({text, ""}).starts_with("ca_pem"));
    }
}

TEST_CASE("a file that cannot be read is refused, the option named") {
    CHECK(refusal({"", "/nonexistent/ca.pem"}).starts_with("ca_file"));
    CHECK(refusal({"", "/dev/null"}).starts_with("ca_file"));
    CHECK(refusal({authority().pem(), "/nonexistent/ca.pem"}).starts_with("ca_file"));
}

TEST_CASE("T17: a client certificate and its key, in PEM, with a chain behind it") {
    const auto& own = localhost_certificate();
    CHECK(refusal(showing(own.chain_pem(), own.private_key_pem())).empty());
    CHECK(refusal(showing(own.chain_pem() + authority().pem(), own.private_key_pem())).empty());
    const auto both = own.private_key_pem() + own.chain_pem(); // one file for both, as some tools write it
    CHECK(refusal(showing(both, both)).empty());
}

TEST_CASE("T17: a client certificate that cannot be used is refused, the option named") {
    const auto& own = localhost_certificate();
    const auto other = authority().issue(testing::certificate_options{});
    CHECK(refusal(showing(own.chain_pem(), other.private_key_pem()))
              .starts_with("client_certificate: the private"));
    CHECK(refusal(showing(authority().pem() + own.chain_pem(), own.private_key_pem()))
              .starts_with("client_certificate: the private")); // the first one counts
    for (const std::string& text :
         {std::string("hello"), std::string(), own.private_key_pem(), own.chain_pem().substr(0, 200),
          own.chain_pem() + own.chain_pem().substr(0, 200)})
        CHECK(refusal(showing(text, own.private_key_pem()))
                  .starts_with("client_certificate: no PEM certificate"));
    for (const std::string& text :
         {std::string("hello"), std::string(), own.chain_pem(), own.private_key_pem().substr(0, 100)})
        CHECK(refusal(showing(own.chain_pem(), text)).starts_with("client_certificate: no PEM private key"));
}

TEST_CASE("T17: an encrypted key is refused, and nobody is asked for its password") {
    const auto& own = localhost_certificate();
    const detail::openssl_ptr<BIO> text(BIO_new_mem_buf(own.private_key_pem().data(), -1));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr);
    const detail::openssl_ptr<BIO> out(BIO_new(BIO_s_mem()));
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(out.get(), key, EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr) ==
            1);
    EVP_PKEY_free(key);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &data);
    const std::string encrypted(data, static_cast<std::size_t>(size));
    CHECK(refusal(showing(own.chain_pem(), encrypted)).starts_with("client_certificate: no PEM private key"));
}

TEST_CASE("nobody else is trusted beside the given authorities") {
    detail::tls_context context({testing::certificate_authority().pem(), ""}, 1);
    const tls_server server(localhost_certificate());
    tls_pair pair(context, server);
    CHECK(pair.handshake() == status::failed);
    CHECK(pair.client.code() == errc::tls_untrusted);
}
