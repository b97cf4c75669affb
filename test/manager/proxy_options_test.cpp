#include <doctest/doctest.h>

#include <bandwidth/webrtc/connection_manager.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/proxy.hpp>
#include <bandwidth/webrtc/testing/certificate.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "manager/proxy_settings.hpp"
#include "manager/settings.hpp"
#include "support/scoped_variable.hpp"
#include "support/text.hpp"
#include "transport/proxy_route.hpp"

using namespace bandwidth::webrtc;
using detail::proxy_access;
using support::names;

namespace {

/// The message with which `make` is refused; empty when it is not.
template <class Make>
std::string proxy_refusal(Make make) {
    try {
        make();
    } catch (const api_error& error) {
        CHECK(error.code() == errc::invalid_options);
        return error.failure().message();
    }
    return {};
}

std::string refusal_of_url(std::string_view url) {
    return proxy_refusal([url] { (void)proxy_options(url); });
}

std::string refusal_of_manager(const proxy_options& proxy,
                               std::string_view origin = "https://api.example.com") {
    return proxy_refusal([&] {
        boost::asio::io_context context;
        const connection_manager made(context, origin, manager_options().proxy(proxy));
    });
}

using variables = std::map<std::string, std::string>;

proxy_options chosen(const variables& set, std::string_view url = "https://api.example.com/v1") {
    return proxy_access::choose(
        [&set](const char* name) {
            const auto found = set.find(name);
            return found == set.end() ? std::string() : found->second;
        },
        "base_url", url);
}

} // namespace

TEST_CASE("proxy: a URL taken apart, with curl's ports") {
    struct url_case {
        const char* url;
        proxy_scheme scheme;
        const char* host;
        int port;
    };
    const url_case table[] = {
        {"http://proxy.example:3128", proxy_scheme::http, "proxy.example", 3128},
        {"http://proxy.example", proxy_scheme::http, "proxy.example", 1080},
        {"http://proxy.example:/", proxy_scheme::http, "proxy.example", 1080},
        {"proxy.example:3128", proxy_scheme::http, "proxy.example", 3128},
        {"proxy.example", proxy_scheme::http, "proxy.example", 1080},
        {"HTTPS://proxy.example/", proxy_scheme::https, "proxy.example", 443},
        {"https://proxy.example:8443", proxy_scheme::https, "proxy.example", 8443},
        {"socks5h://127.0.0.1", proxy_scheme::socks5h, "127.0.0.1", 1080},
        {"socks5h://[2001:db8::1]:9050", proxy_scheme::socks5h, "2001:db8::1", 9050},
        {"user@[::1]:1", proxy_scheme::http, "::1", 1},
    };
    for (const auto& each : table) {
        CAPTURE(each.url);
        const proxy_options made(each.url);
        CHECK(made.scheme() == each.scheme);
        CHECK(made.host() == each.host);
        CHECK(made.port() == each.port);
        CHECK(refusal_of_manager(made).empty());
    }
    CHECK(proxy_options().scheme() == proxy_scheme::none);
    CHECK(proxy_options().port() == 0);
}

TEST_CASE("proxy: credentials of a URL are decoded, and replaced by a setter") {
    proxy_options made("http://us%65r:p%40ss%3Aword%25@proxy.example");
    CHECK(made.has_credentials());
    CHECK(proxy_access::username(made) == "user");
    CHECK(proxy_access::password(made) == "p@ss:word%");
    CHECK(proxy_access::password(proxy_options("http://user@proxy.example")).empty());
    CHECK(proxy_options("http://user@proxy.example").has_credentials());
    CHECK_FALSE(proxy_options("http://proxy.example").has_credentials());
    made.credentials("other", "secret");
    CHECK(proxy_access::username(made) == "other");
    CHECK(proxy_access::password(made) == "secret");
    CHECK_FALSE(made.credentials("", "").has_credentials());
}

TEST_CASE("J12: proxy: a bad URL is refused, and its text is not repeated") {
    for (const std::string url : {"",
                                  "http://",
                                  "http://:3128",
                                  "http://s3cret:s3cret@",
                                  "ftp://u:s3cret@proxy",
                                  "socks4://u:s3cret@proxy",
                                  "http://u:s3cret@proxy:port",
                                  "http://u:s3cret@proxy:0",
                                  "http://u:s3cret@proxy:65536",
                                  "http://u:s3cret@proxy/path",
                                  "http://u:s3cret@proxy?query",
                                  "http://u:s3cret@proxy#part",
                                  "http://u:s3cret#x@proxy",
                                  "http://u:s3cret@x@proxy",
                                  "http://u:s3cret@pro xy",
                                  "http://u:s3cret@[::1%25lo]",
                                  "http://u:s3cret@a%3A80",
                                  "http://u:s3cret@ex%2Fx",
                                  "http://u:s3cret@[v1.a:b]",
                                  "http://u:s3cret%zz@proxy",
                                  "://s3cret"}) {
        CAPTURE(url);
        const auto text = refusal_of_url(url);
        CHECK(text.starts_with("proxy: "));
        CHECK_FALSE(names(text, "s3cret"));
    }
    CHECK(names(refusal_of_url("socks5://proxy.example"), "socks5h"));
    CHECK(names(refusal_of_url("http://u:a b@proxy"), "percent-encoded"));
    CHECK(refusal_of_url("http://proxy:port") == "proxy: the port is not a number");
    CHECK(names(refusal_of_url("http://b%C3%BCcher.example"), "xn--"));
}

TEST_CASE("J12: proxy: a URL whose password is not percent-encoded is refused, and told what may be wrong") {
    for (const std::string url :
         {"http://user:s3@cret@proxy:1", "http://user:s3/cret@proxy:1", "http://user:s3#cret@proxy:1",
          "http://user:3/cret@proxy:1", "http://user:3?cret@proxy:1", "http://user:s3%cret@proxy:1",
          "https://user:s3@cret@proxy"}) {
        CAPTURE(url);
        const auto text = refusal_of_url(url);
        CHECK(names(text, "percent-encoded"));
        CHECK_FALSE(names(text, "cret@"));
        CHECK_FALSE(names(text, "user:"));
    }
}

TEST_CASE("J10, J12: proxy: options that cannot be used are refused when the client is made") {
    const auto http = [](std::string_view user, std::string_view password) {
        return proxy_options("http://proxy.example").credentials(user, password);
    };
    const auto socks = [](const std::string& user, const std::string& password) {
        return proxy_options("socks5h://proxy.example").credentials(user, password);
    };
    const std::string long_text(256, 's');
    for (const auto& bad : {http("us:er", "s3cret"), http("user", "s3cret\r\nX: y"), http("us\ner", "s3cret"),
                            http("user\t", "s3cret"), socks("", "s3cret"), socks(long_text, "s3cret"),
                            socks("s3cret", long_text)}) {
        const auto text = refusal_of_manager(bad);
        CHECK(text.starts_with("proxy: "));
        CHECK_FALSE(names(text, "s3cret"));
        CHECK_FALSE(names(text, long_text));
    }
    CHECK(refusal_of_manager(http("", "s3cret")).empty());
    CHECK(refusal_of_manager(socks("us:er", "\x01\n")).empty());
    CHECK(
        names(refusal_of_manager(proxy_options("https://proxy.example").ca_file("/none")), "proxy: ca_file"));
    CHECK(names(refusal_of_manager(proxy_options("https://proxy.example").ca_pem("x")), "proxy: ca_pem"));
    CHECK(names(refusal_of_manager(proxy_options("https://proxy.example").ca_pem("x").ca_file("y")),
                "only one of"));
    CHECK(names(refusal_of_manager(proxy_options("http://proxy.example"), "http://127.0.0.1:8080"),
                "proxy: http"));
    CHECK(refusal_of_manager(proxy_options(), "http://127.0.0.1:8080").empty());
    CHECK(names(
        refusal_of_manager(proxy_options("socks5h://proxy.example"), "https://" + std::string(256, 'a')),
        "too long"));
}

TEST_CASE("proxy: the proxy is connected to, and told where the server is") {
    const auto server = detail::read_server_url("base_url", "https://api.example.com:8443/v1");
    auto options = manager_options().proxy(proxy_options("http://proxy.example:3128"));
    const auto direct =
        detail::check(server, detail::options_access::connection(options)).of_shard(0).endpoint;
    CHECK(direct.host == "proxy.example");
    CHECK(direct.port == "3128");
    CHECK(direct.server_name == "api.example.com");
    REQUIRE(direct.proxy);
    CHECK(direct.proxy->target_host == "api.example.com");
    CHECK(direct.proxy->target_port == 8443);
    CHECK_FALSE(direct.proxy->tls);
    options.connect_to("edge.example.com", 443);
    const auto elsewhere =
        detail::check(server, detail::options_access::connection(options)).of_shard(0).endpoint;
    CHECK(elsewhere.host == "proxy.example");
    CHECK(elsewhere.server_name == "api.example.com");
    CHECK(elsewhere.proxy->target_host == "edge.example.com");
    CHECK(elsewhere.proxy->target_port == 443);
}

TEST_CASE("proxy: each shard has sessions of its own for an https proxy") {
    const auto server = detail::read_server_url("base_url", "https://api.example.com");
    const auto options = manager_options().shards(2).proxy(
        proxy_options("https://proxy.example").ca_pem(testing::certificate_authority().pem()));
    const auto checked = detail::check(server, detail::options_access::connection(options));
    const auto first = checked.of_shard(0).endpoint.proxy;
    const auto second = checked.of_shard(1).endpoint.proxy;
    REQUIRE(first->tls);
    REQUIRE(second->tls);
    CHECK(first->tls != second->tls);
}

TEST_CASE("proxy: which variable of the environment counts") {
    const auto host = [](const variables& set) { return chosen(set).host(); };
    CHECK(chosen({}).scheme() == proxy_scheme::none);
    CHECK(host({{"https_proxy", "http://a"}}) == "a");
    CHECK(host({{"HTTPS_PROXY", "http://a"}}) == "a");
    CHECK(host({{"https_proxy", "http://a"}, {"HTTPS_PROXY", "http://b"}}) == "a");
    CHECK(host({{"https_proxy", ""}, {"HTTPS_PROXY", "http://b"}}) == "b");
    CHECK(host({{"all_proxy", "http://a"}}) == "a");
    CHECK(host({{"ALL_PROXY", "http://a"}}) == "a");
    CHECK(host({{"all_proxy", "http://a"}, {"ALL_PROXY", "http://b"}}) == "a");
    CHECK(host({{"all_proxy", "http://a"}, {"HTTPS_PROXY", "http://b"}}) == "b");
    CHECK(host({{"http_proxy", "http://a"}, {"HTTP_PROXY", "http://b"}}).empty());
    CHECK(host({{"https_proxy", "http://a"}, {"no_proxy", "example.com"}}).empty());
    CHECK(host({{"https_proxy", "http://a"}, {"NO_PROXY", "example.com"}}).empty());
    CHECK(host({{"https_proxy", "http://a"}, {"no_proxy", "b"}, {"NO_PROXY", "*"}}) == "a");
    CHECK(host({{"https_proxy", "http://a"}, {"no_proxy", "api.example.com:443"}}).empty());
    CHECK(chosen({{"https_proxy", "http://a"}, {"no_proxy", "10.0.0.0/8,::1"}}, "https://[::1]:8443/v1")
              .host()
              .empty());
    CHECK(chosen({{"all_proxy", "http://a"}, {"http_proxy", "http://a"}}, "http://localhost/v1")
              .host()
              .empty());
    CHECK(host({{"https_proxy", "a:3128"}}) == "a");
    CHECK(host({{"all_proxy", "socks5h://u:p@a"}}) == "a");
}

TEST_CASE("proxy: the environment is read when the caller asks for it, and else not") {
    const support::scoped_variable set("https_proxy", "http://proxy.example:3128");
    CHECK(manager_options().proxy().scheme() == proxy_scheme::none);
    CHECK(proxy_options::from_environment("https://api.example.invalid").host() == "proxy.example");
}

TEST_CASE("J12: proxy: a refusal names the variable, and does not repeat its value") {
    for (const std::string name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
        const auto text = proxy_refusal([&] { (void)chosen({{name, "socks5://u:s3cret@a"}}); });
        CHECK(text.starts_with(name + ": "));
        CHECK_FALSE(names(text, "s3cret"));
    }
    CHECK(proxy_refusal([&] { (void)chosen({}, "ftp://x"); }).starts_with("base_url: "));
}
