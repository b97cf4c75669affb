#include <doctest/doctest.h>

#include <bandwidth/webrtc/brtc/client_options.hpp>
#include <bandwidth/webrtc/client.hpp>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client/refusal.hpp"
#include "support/network.hpp"
#include "support/scoped_variable.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// Options that cannot be: refused when the client is made, by the name of the option.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::good;
using support::names;
using support::options_for;
using support::refusal;
using support::scoped_variable;
using support::wait_for;
using testing::loopback_server;

TEST_CASE("the defaults with an account and credentials are taken") { CHECK(refusal(good()).empty()); }

TEST_CASE("numbers: the limits are taken, one beyond is refused by name") {
    const auto count_option = [](const char* name, client_options& (client_options::*set)(std::size_t),
                                 std::size_t least, std::size_t most) {
        CAPTURE(name);
        for (const auto value : {least, most}) {
            auto options = good();
            (options.*set)(value);
            CHECK(refusal(options).empty());
        }
        for (const auto value : {least - 1, most + 1, std::numeric_limits<std::size_t>::max()}) {
            auto options = good();
            (options.*set)(value);
            CHECK(names(refusal(options), name));
        }
    };
    count_option("max_connections", &client_options::max_connections, 1, 10'000);
    count_option("pipeline_depth", &client_options::pipeline_depth, 1, 256);
    count_option("queue_limit", &client_options::queue_limit, 1, 10'000'000);
    count_option("body_limit", &client_options::body_limit, 1024, std::size_t(1) << 30);
    count_option("header_limit", &client_options::header_limit, 1024, std::size_t(1) << 20);
    for (const int value : {0, 10})
        CHECK(refusal(good().max_resends(value)).empty());
    for (const int value : {-1, 11, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()})
        CHECK(names(refusal(good().max_resends(value)), "max_resends"));
}

TEST_CASE("times: over 0 to one day") {
    using setter = client_options& (client_options::*)(std::chrono::nanoseconds);
    const auto time_option = [](const char* name, setter set) {
        CAPTURE(name);
        for (const auto value :
             {std::chrono::nanoseconds(1), std::chrono::nanoseconds(std::chrono::hours(24))}) {
            auto options = good();
            (options.*set)(value);
            CHECK(refusal(options).empty());
        }
        for (const auto value :
             {std::chrono::nanoseconds(0), std::chrono::nanoseconds(-1), std::chrono::nanoseconds::max(),
              std::chrono::nanoseconds::min(),
              std::chrono::nanoseconds(std::chrono::hours(24)) + std::chrono::nanoseconds(1)}) {
            auto options = good();
            (options.*set)(value);
            CHECK(names(refusal(options), name));
        }
    };
    time_option("timeout", &client_options::timeout);
    time_option("connect_timeout", &client_options::connect_timeout);
    time_option("response_timeout", &client_options::response_timeout);
    time_option("idle_timeout", &client_options::idle_timeout);
    time_option("max_connection_age", &client_options::max_connection_age);
}

TEST_CASE("J10, J12: a base URL that cannot be is refused, and its password is not repeated") {
    for (const std::string url : {"",
                                  "api.webrtc.bandwidth.com/v1",
                                  "//api.webrtc.bandwidth.com/v1",
                                  "/v1",
                                  "http://api.webrtc.bandwidth.com/v1",
                                  "http://localhost.example.com/v1",
                                  "http://localhost./v1",
                                  "http://notlocalhost/v1",
                                  "http://10.0.0.1/v1",
                                  "http://128.0.0.1/v1",
                                  "http://127.1/v1",
                                  "http://2130706433/v1",
                                  "http://0x7f.0.0.1/v1",
                                  "http://0.0.0.0/v1",
                                  "http://[::]/v1",
                                  "http://[::2]/v1",
                                  "http://[::ffff:127.0.0.1]/v1",
                                  "http://127.0.0.1@10.0.0.1/v1",
                                  "http://localhost:0/v1",
                                  "ftp://localhost/v1",
                                  "ws://localhost/v1",
                                  "ftp://localhost/v1",
                                  "https:/localhost/v1",
                                  "https://",
                                  "https:///v1",
                                  "https://user:hunter2@localhost/v1",
                                  "https://user@localhost/v1",
                                  "https://@localhost/v1",
                                  "https://localhost/v1?key=hunter2",
                                  "https://localhost/v1?",
                                  "https://localhost/v1#part",
                                  "https://localhost:0/v1",
                                  "https://localhost:65536/v1",
                                  "https://localhost:-1/v1",
                                  "https://localhost:port/v1",
                                  "https://local host/v1",
                                  "https://localhost/v1\r\nX-Injected: 1",
                                  "https://localhost%0d%0aX-Injected:%201/v1",
                                  "https://local%00host/v1",
                                  "https://[::1/v1",
                                  "https://[nonsense]/v1",
                                  "https://a%3A80/v1",
                                  "https://ex%2Fx/v1",
                                  "https://a%40b/v1",
                                  "https://a%5Bb%5D/v1",
                                  "https://a%09b/v1",
                                  "https://[v1.a:b]/v1",
                                  "https://b%C3%BCcher.example/v1",
                                  "https://b\xC3\xBC"
                                  "cher.example/v1",
                                  " https://localhost/v1"}) {
        CAPTURE(url);
        const auto message = refusal(good().base_url(url));
        CHECK(names(message, "base_url"));
        CHECK_FALSE(names(message, "hunter2"));
    }
}

TEST_CASE("a host beyond ASCII: the refusal tells how it is written") {
    for (const std::string host : {"b%C3%BCcher.example",
                                   "b\xC3\xBC"
                                   "cher.example"})
        CHECK(
            names(refusal(good().base_url("https://" + host + "/v1")), "base_url: characters beyond ASCII"));
    CHECK(names(refusal(good().connect_to("b\xC3\xBC"
                                          "cher.example",
                                          443)),
                "xn--"));
    CHECK(refusal(good().base_url("https://xn--bcher-kva.example/v1")).empty());
}

TEST_CASE("base URLs that are well") {
    for (const std::string url :
         {"https://localhost", "https://localhost/", "https://localhost:8443/v1",
          "https://localhost:8443/v1/", "https://localhost/a/b/c", "HTTPS://LOCALHOST/v1",
          "https://127.0.0.1:8443/v1", "https://[::1]:8443/v1", "https://localhost:443",
          "https://localhost:65535", "https://localhost./v1", "http://localhost", "HTTP://LocalHost:8080/v1",
          "http://127.0.0.1/v1", "http://127.255.255.254:8080/v1", "http://[::1]:8080/v1"}) {
        CAPTURE(url);
        CHECK(refusal(good().base_url(url)) == "");
    }
}

TEST_CASE("the base URL replaces the whole prefix, with or without slashes at its end") {
    loopback_server server(testing::loopback_options{}.record_requests(true));
    asio::io_context context;
    const auto port = std::to_string(server.port());
    for (const std::string& url :
         {server.base_url(), server.base_url() + "/", server.base_url() + "///",
          "https://127.0.0.1:" + port + "/v1", "https://LOCALHOST:" + port + "/v1"}) {
        CAPTURE(url);
        client client(context, options_for(server).base_url(url));
        const auto made = wait_for(context, client.try_create_session());
        CHECK_MESSAGE(made.has_value(), made.error().describe());
        CHECK(server.received().back().target() == "/v1/accounts/9900000/sessions");
    }
    CHECK(server.received().at(3).header("Host") == "127.0.0.1:" + port);
    client elsewhere(context, options_for(server).base_url("https://localhost:" + port + "/other/v2"));
    CHECK(wait_for(context, elsewhere.try_create_session()).error().http_status() == 403);
    CHECK(server.received().back().target() == "/other/v2/accounts/9900000/sessions");
}

TEST_CASE("an IPv6 literal as the host") {
    std::optional<loopback_server> server;
    try {
        server.emplace(testing::loopback_options{}.address("::1").record_requests(true));
    } catch (const boost::system::system_error&) {
        MESSAGE("SKIPPED: this machine has no IPv6 loopback address");
        return;
    }
    asio::io_context context;
    const auto authority = "[::1]:" + std::to_string(server->port());
    client client(context, options_for(*server).base_url("https://" + authority + "/v1"));
    const auto made = wait_for(context, client.try_create_session());
    REQUIRE_MESSAGE(made.has_value(), made.error().describe());
    CHECK(server->received().at(0).header("Host") == authority);
}

TEST_CASE("account, credentials and user agent") {
    CHECK(names(refusal(client_options{}.credentials("user", "secret")), "account"));
    CHECK(names(refusal(good().account("..")), "account"));
    CHECK(names(refusal(good().account("99/00")), "account"));
    CHECK(names(refusal(good().account("99\r\n00")), "account"));
    CHECK(names(refusal(client_options{}.account("9900000")), "credentials"));
    CHECK(names(refusal(good().credentials(nullptr)), "credentials"));
    CHECK(names(refusal(good().user_agent("")), "user_agent"));
    CHECK(names(refusal(good().user_agent("a\r\nX-Injected: 1")), "user_agent"));

    const auto refused_credentials = [](std::string_view user, std::string_view password) {
        try {
            client_options{}.credentials(user, password);
        } catch (const api_error& error) {
            CHECK(error.code() == errc::invalid_options);
            CHECK_FALSE(names(error.what(), "hunter2"));
            return std::string(error.failure().message());
        }
        return std::string();
    };
    CHECK(names(refused_credentials("", "hunter2"), "user name"));
    CHECK(names(refused_credentials("a:b", "hunter2"), "user name"));
    CHECK(names(refused_credentials("a\nb", "hunter2"), "user name"));
    CHECK(names(refused_credentials("user", "hunter2\n"), "password"));
    CHECK(names(refused_credentials("user", std::string_view("hunter2\0", 8)), "password"));
    CHECK(refused_credentials("user", "").empty());
    CHECK(refused_credentials("user", "with:colon and space").empty());
}

TEST_CASE("certificate authorities that cannot be used") {
    CHECK(names(refusal(good().ca_pem("not PEM")), "ca_pem"));
    CHECK(names(refusal(good().ca_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
                "ca_pem"));
    CHECK(names(refusal(good().ca_file("/nowhere/ca.pem")), "ca_file: No such file or directory"));
    const testing::certificate_authority authority;
    CHECK(refusal(good().ca_pem(authority.pem())).empty());
    CHECK(names(refusal(good().ca_pem(authority.pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n")), "ca_pem"));
    CHECK(names(refusal(good().ca_pem(authority.pem()).ca_file("/etc/ssl/certs/ca-certificates.crt")),
                "ca_file"));
}

TEST_CASE("authorities from a file") {
    loopback_server server;
    const auto path = std::filesystem::temp_directory_path() /
                      ("bandwidth_webrtc_ca_" + std::to_string(server.port()) + ".pem");
    std::ofstream(path) << server.ca_pem();
    asio::io_context context;
    client client(context, options_for(server).ca_pem("").ca_file(path.string()));
    std::filesystem::remove(path); // it was read when the client was made
    CHECK(wait_for(context, client.try_create_session()).has_value());
}

TEST_CASE("options from the environment") {
    const scoped_variable account("BW_ACCOUNT_ID", "9900000");
    const scoped_variable username("BW_USERNAME", "user");
    const scoped_variable password("BW_PASSWORD", "hunter2");
    const scoped_variable no_client("BW_CLIENT_ID", nullptr);
    const scoped_variable no_client_secret("BW_CLIENT_SECRET", nullptr);
    const scoped_variable url("BANDWIDTH_WEBRTC_CALL_CONTROL_URL", nullptr);
    const scoped_variable token_url("BANDWIDTH_TOKEN_URL", nullptr);
    SUBCASE("all are there") {
        const auto options = client_options::from_environment();
        CHECK(options.account() == "9900000");
        CHECK(options.credentials()->authorization() == "Basic dXNlcjpodW50ZXIy");
        CHECK(options.base_url() == "https://api.webrtc.bandwidth.com/v1");
        CHECK(refusal(options).empty());
    }
    SUBCASE("client credentials come first, and half of them is an error") {
        const scoped_variable client_id("BW_CLIENT_ID", "client");
        CHECK_THROWS_AS(client_options::from_environment(), api_error);
        const scoped_variable client_secret("BW_CLIENT_SECRET", "hunter2");
        const auto options = client_options::from_environment();
        CHECK(options.credentials()->authorization().empty()); // there is no token yet
        CHECK(refusal(options).empty());
        CHECK(brtc::client_options::from_environment().credentials()->authorization().empty());
        const scoped_variable without_id("BW_CLIENT_ID", nullptr);
        CHECK_THROWS_AS(client_options::from_environment(), api_error);
    }
    SUBCASE("another token endpoint") {
        loopback_server server;
        const scoped_variable client_id("BW_CLIENT_ID", server.client_id().c_str());
        const scoped_variable client_secret("BW_CLIENT_SECRET", "hunter2");
        const scoped_variable wrong("BANDWIDTH_TOKEN_URL", "http://example.com/token");
        for (const bool brtc_too : {false, true}) {
            try {
                brtc_too ? static_cast<void>(brtc::client_options::from_environment())
                         : static_cast<void>(client_options::from_environment());
                FAIL("taken");
            } catch (const api_error& error) {
                CHECK(names(error.failure().message(), "token_url: http is for"));
                CHECK_FALSE(names(error.what(), "hunter2"));
            }
        }
        const scoped_variable nowhere("BANDWIDTH_TOKEN_URL", "http://127.0.0.1:1/token");
        asio::io_context context;
        client client(context,
                      options_for(server).credentials(client_options::from_environment().credentials()));
        const auto outcome = wait_for(
            context, client.try_create_session({}, call_options{}.timeout(std::chrono::milliseconds(300))));
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code() == errc::token_timeout);
        CHECK(names(outcome.error().message(), "127.0.0.1"));
    }
    SUBCASE("another base URL") {
        const scoped_variable other("BANDWIDTH_WEBRTC_CALL_CONTROL_URL", "https://localhost:8443/v2");
        CHECK(client_options::from_environment().base_url() == "https://localhost:8443/v2");
    }
    SUBCASE("of a client of BRTC") {
        const scoped_variable not_for_it("BANDWIDTH_WEBRTC_CALL_CONTROL_URL", "https://localhost:8443/v1");
        const scoped_variable none("BANDWIDTH_BRTC_URL", nullptr);
        const auto options = brtc::client_options::from_environment();
        CHECK(options.account() == "9900000");
        CHECK(options.credentials()->authorization() == "Basic dXNlcjpodW50ZXIy");
        CHECK(options.base_url() == "https://api.bandwidth.com/v2");
        const scoped_variable other("BANDWIDTH_BRTC_URL", "https://localhost:8443/v2");
        CHECK(brtc::client_options::from_environment().base_url() == "https://localhost:8443/v2");
        const scoped_variable missing("BW_ACCOUNT_ID", nullptr);
        CHECK_THROWS_AS(brtc::client_options::from_environment(), api_error);
    }
    SUBCASE("proxies, where they are asked for") {
        const scoped_variable proxy("https_proxy", "http://proxy.example:3128");
        const scoped_variable not_set("NO_PROXY", nullptr);
        const scoped_variable direct("no_proxy", "api.webrtc.bandwidth.com");
        constexpr auto used = environment_proxies::used;
        CHECK(client_options::from_environment().proxy().scheme() == proxy_scheme::none);
        CHECK(brtc::client_options::from_environment().proxy().scheme() == proxy_scheme::none);
        CHECK(client_options::from_environment(used).proxy().scheme() == proxy_scheme::none);
        CHECK(brtc::client_options::from_environment(used).proxy().host() == "proxy.example");
        const scoped_variable all("no_proxy", "");
        CHECK(client_options::from_environment(used).proxy().host() == "proxy.example");
        const scoped_variable wrong("https_proxy", "ftp://proxy.example");
        CHECK_THROWS_AS(client_options::from_environment(used), api_error);
        CHECK_NOTHROW(client_options::from_environment());
    }
    SUBCASE("proxies are chosen for the base URL of the environment, and again where the caller does so") {
        const scoped_variable proxy("https_proxy", "http://proxy.example:3128");
        const scoped_variable direct("no_proxy", "localhost");
        const auto chosen_again = [](auto options) {
            options.base_url("https://localhost:8443/v1");
            CHECK(options.proxy().host() == "proxy.example");
            options.proxy(proxy_options::from_environment(options.base_url()));
            CHECK(options.proxy().scheme() == proxy_scheme::none);
        };
        constexpr auto used = environment_proxies::used;
        chosen_again(client_options::from_environment(used));
        chosen_again(brtc::client_options::from_environment(used));
        const scoped_variable other_url("BANDWIDTH_WEBRTC_CALL_CONTROL_URL", "https://localhost:8443/v1");
        CHECK(client_options::from_environment(used).proxy().scheme() == proxy_scheme::none);
        const scoped_variable brtc_url("BANDWIDTH_BRTC_URL", "https://localhost:8443/v2");
        CHECK(brtc::client_options::from_environment(used).proxy().scheme() == proxy_scheme::none);
    }
    SUBCASE("the token endpoint goes through a proxy too") {
        const auto nobody = "http://127.0.0.1:" + std::to_string(support::unused_port());
        const scoped_variable client_id("BW_CLIENT_ID", "client");
        const scoped_variable client_secret("BW_CLIENT_SECRET", "hunter2");
        const scoped_variable proxy("https_proxy", nobody.c_str());
        const scoped_variable all("no_proxy", "");
        const scoped_variable all_too("NO_PROXY", "");
        const auto options = client_options::from_environment(environment_proxies::used);
        asio::io_context context;
        client client(context, client_options(options).proxy(proxy_options()));
        const auto outcome = wait_for(
            context, client.try_create_session({}, call_options{}.timeout(std::chrono::milliseconds(300))));
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code() == errc::token_timeout);
        CHECK(names(outcome.error().message(), "proxy 127.0.0.1 port "));
        const scoped_variable bad_url("BANDWIDTH_TOKEN_URL", "ftp://localhost");
        for (const auto proxies : {environment_proxies::ignored, environment_proxies::used}) {
            try {
                client_options::from_environment(proxies);
                FAIL("taken with a bad token URL");
            } catch (const api_error& error) {
                CHECK(error.failure().message().starts_with("token_url: "));
            }
        }
    }
    SUBCASE("one is missing") {
        for (const char* const name : {"BW_ACCOUNT_ID", "BW_USERNAME", "BW_PASSWORD"}) {
            const scoped_variable missing(name, nullptr);
            try {
                client_options::from_environment();
                FAIL("taken without " << name);
            } catch (const api_error& error) {
                CHECK(error.code() == errc::invalid_options);
                CHECK(names(error.failure().message(), name));
                CHECK_FALSE(names(error.what(), "hunter2"));
            }
        }
    }
    SUBCASE("an empty one is missing too") {
        const scoped_variable empty("BW_PASSWORD", "");
        CHECK_THROWS_AS(client_options::from_environment(), api_error);
    }
    SUBCASE("all are missing") {
        const scoped_variable no_account("BW_ACCOUNT_ID", nullptr);
        const scoped_variable no_username("BW_USERNAME", nullptr);
        const scoped_variable no_password("BW_PASSWORD", nullptr);
        try {
            client_options::from_environment();
            FAIL("taken without any");
        } catch (const api_error& error) {
            for (const char* const name :
                 {"BW_ACCOUNT_ID", "BW_USERNAME", "BW_PASSWORD", "BW_CLIENT_ID", "BW_CLIENT_SECRET"})
                CHECK(names(error.failure().message(), name));
        }
    }
}
