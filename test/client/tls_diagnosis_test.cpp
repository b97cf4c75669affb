#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "client/refusal.hpp"
#include "support/relay_proxy.hpp"
#include "support/scoped_variable.hpp"
#include "support/temporary_file.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// What helps to find out why TLS does not work, or what is in it.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
namespace fs = std::filesystem;
using support::names;
using support::options_for;
using support::refusal;
using support::scoped_variable;
using support::temporary_folder;
using support::text_of;
using support::wait_for;
using testing::loopback_server;

namespace {

failure failure_without_authority(const loopback_server& server) {
    asio::io_context context;
    client client(context, options_for(server).ca_pem(""));
    const auto outcome = wait_for(context, client.try_get_session(session_id("s")));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code() == errc::tls_untrusted);
    return outcome.error();
}

} // namespace

TEST_CASE("T01: a system without certificate authorities is told of") {
    loopback_server server;
    const temporary_folder folder;
    const scoped_variable file("SSL_CERT_FILE", folder.file("none.pem").c_str());
    const scoped_variable folders("SSL_CERT_DIR", (folder.path() + ":/nowhere").c_str());
    CHECK(names(failure_without_authority(server).message(), "this system has no certificate authorities"));
    // A name that OpenSSL would look up is one.
    std::ofstream(folder.file("0a1b2c3d.0")) << "anything";
    CHECK_FALSE(names(failure_without_authority(server).message(), "certificate authorities"));
    fs::remove(folder.file("0a1b2c3d.0"));
    std::ofstream(folder.file("none.pem")) << testing::certificate_authority("another").pem();
    CHECK_FALSE(names(failure_without_authority(server).message(), "certificate authorities"));
    CHECK(names(failure_without_authority(server).message(),
                "its issuer is none of the authorities of the system"));
}

TEST_CASE("SSLKEYLOGFILE: secrets of connections go there only where the caller allows it") {
    loopback_server server;
    const temporary_folder folder;
    const auto path = folder.file("keys");
    const scoped_variable variable("SSLKEYLOGFILE", path.c_str());
    const auto call = [&](const client_options& options) {
        asio::io_context context;
        client client(context, options);
        CHECK(wait_for(context, client.try_create_session()).has_value());
    };
    call(options_for(server));
    CHECK_FALSE(fs::exists(path));
    call(options_for(server).allow_key_log());
    const auto first = text_of(path);
    CHECK(names(first, "CLIENT_TRAFFIC_SECRET_0 "));
    CHECK(first.ends_with('\n'));
    CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    call(options_for(server).allow_key_log().shards(2)); // shards share the file
    const auto second = text_of(path);
    CHECK(second.size() > first.size());
    CHECK(second.starts_with(first)); // appended
}

TEST_CASE(
    "SSLKEYLOGFILE: secrets of TLS to a proxy go there too, and not where the caller does not allow it") {
    loopback_server server;
    const testing::certificate_authority authority;
    const support::relay_proxy proxy(support::relay_options().tls(
        authority.issue(testing::certificate_options{}.ip_address("127.0.0.1"))));
    const auto through = proxy_options(proxy.url()).ca_pem(authority.pem());
    const temporary_folder folder;
    const auto path = folder.file("keys");
    const scoped_variable variable("SSLKEYLOGFILE", path.c_str());
    for (const bool allowed : {false, true}) {
        asio::io_context context;
        client client(context, options_for(server).proxy(through).allow_key_log(allowed));
        CHECK(wait_for(context, client.try_create_session()).has_value());
        CHECK(fs::exists(path) == allowed);
    }
    const auto lines = text_of(path);
    const std::string label = "CLIENT_TRAFFIC_SECRET_0 ";
    const auto first = lines.find(label);
    REQUIRE(first != std::string::npos);
    CHECK(lines.find(label, first + 1) != std::string::npos); // the proxy's and the server's
}

TEST_CASE("SSLKEYLOGFILE: a file that cannot be opened is refused, and without the variable there is none") {
    loopback_server server;
    const temporary_folder folder;
    {
        const scoped_variable variable("SSLKEYLOGFILE", folder.file("no/such/folder").c_str());
        const auto text = refusal(options_for(server).allow_key_log());
        CHECK(names(text, "allow_key_log: "));
        CHECK(names(text, "no/such/folder"));
        CHECK(refusal(options_for(server)).empty());
    }
    CHECK(refusal(options_for(server).allow_key_log()).empty());
}
