#include "manager/proxy_settings.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cstdlib>
#include <memory>
#include <utility>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"
#include "manager/no_proxy.hpp"
#include "manager/settings.hpp"
#include "transport/proxy_route.hpp"

namespace bandwidth::webrtc {

namespace detail {

namespace {

// What SOCKS can say in one byte (RFC 1928, section 5; RFC 1929, section 2).
constexpr std::size_t longest_socks_text = 255;

proxy_scheme read_scheme(const std::string& option, std::string_view scheme) {
    if (equals_ignoring_case(scheme, "http"))
        return proxy_scheme::http;
    if (equals_ignoring_case(scheme, "https"))
        return proxy_scheme::https;
    if (equals_ignoring_case(scheme, "socks5h"))
        return proxy_scheme::socks5h;
    if (equals_ignoring_case(scheme, "socks5"))
        refuse_option(option +
                      ": socks5 means that names are resolved here, which is not supported; with socks5h "
                      "the proxy resolves them");
    refuse_option(option + ": the scheme must be http, https or socks5h");
}

bool is_clean(const std::string& text) {
    return valid_field_value(text) && text.find('\t') == std::string::npos;
}

void check_credentials(const proxy_options& proxy) {
    const auto& username = proxy_access::username(proxy);
    const auto& password = proxy_access::password(proxy);
    if (proxy.scheme() != proxy_scheme::socks5h) {
        if (username.find(':') != std::string::npos)
            refuse_option("proxy: the user name has a colon"); // RFC 7617, section 2
        if (!is_clean(username) || !is_clean(password))
            refuse_option("proxy: the user name or the password has control characters");
    } else if (proxy.has_credentials() && (username.empty() || username.size() > longest_socks_text ||
                                           password.size() > longest_socks_text)) {
        refuse_option(
            "proxy: for SOCKS 5 the user name must have 1 to 255 bytes and the password at most 255");
    }
}

} // namespace

proxy_options proxy_access::parse(std::string_view option, std::string_view text) {
    const std::string name(option);
    const auto refuse = [&name](const std::string& what) { refuse_option(name + ": " + what); };
    std::string whole(text);
    if (whole.find("://") == std::string::npos)
        whole.insert(0, "http://");
    // What is wrong is told without the text: it may hold a password. One that is not encoded ends early, and
    // what is left of it is read as host, port, path or fragment.
    std::string or_credentials;
    if (whole.find('@') != std::string::npos)
        or_credentials =
            ", or its user name or password has characters that have to be percent-encoded, "
            "such as @ : / # %";
    const auto parsed = boost::urls::parse_uri(whole);
    if (!parsed) {
        (void)read_scheme(name, std::string_view(whole).substr(0, whole.find("://")));
        refuse("not a URL" + or_credentials);
    }
    const auto& url = *parsed;
    proxy_options made;
    made.scheme_ = read_scheme(name, std::string_view(url.scheme().data(), url.scheme().size()));
    const auto path = url.encoded_path();
    if (!path.empty() && !path.starts_with('/')) // Boost 1.81 takes "host:port1"
        refuse("the port is not a number" + or_credentials);
    if ((!path.empty() && path != "/") || url.has_query() || url.has_fragment())
        refuse("a path, a query or a fragment does not belong in it" + or_credentials);
    made.host_ = url.host_address();
    if (made.host_.empty())
        refuse("no host");
    check_host(name, made.host_);
    if (url.has_port() && !url.port().empty()) {
        made.port_ = url.port_number();
        if (made.port_ == 0)
            refuse("the port is out of range");
    } else {
        made.port_ = made.scheme_ == proxy_scheme::https ? 443 : 1080;
    }
    if (url.has_userinfo())
        made.credentials(url.user(), url.password());
    return made;
}

proxy_options proxy_access::choose(const environment& variable, std::string_view option,
                                   std::string_view url_of_server) {
    const auto server = read_server_url(option, url_of_server);
    if (server.endpoint.plain)
        return {};
    const auto first_of = [&variable](std::initializer_list<const char*> names) {
        for (const char* const name : names)
            if (auto value = variable(name); !value.empty())
                return std::pair<std::string, std::string>(name, std::move(value));
        return std::pair<std::string, std::string>();
    };
    const auto excluded = first_of({"no_proxy", "NO_PROXY"}).second;
    if (is_in_no_proxy(excluded, server.endpoint.host, server.endpoint.port))
        return {};
    const auto [name, url] = first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    return url.empty() ? proxy_options() : parse(name, url);
}

proxy_options proxy_access::from_environment(std::string_view option, std::string_view url) {
    return choose(
        [](const char* name) {
            const char* const value = std::getenv(name);
            return std::string(value ? value : "");
        },
        option, url);
}

void lead_through(const proxy_options& proxy, const std::string& key_log_file, endpoint& to) {
    if (to.plain)
        refuse_option("proxy: http is for loopback addresses only, which are connected to without one");
    if (!proxy.ca_pem().empty() && !proxy.ca_file().empty())
        refuse_option("proxy: only one of ca_pem and ca_file can be given");
    check_credentials(proxy);
    auto route = std::make_shared<proxy_route>();
    route->socks = proxy.scheme() == proxy_scheme::socks5h;
    route->target_host = std::exchange(to.host, proxy.host());
    read_number(std::exchange(to.port, std::to_string(proxy.port())), route->target_port);
    if (route->socks && route->target_host.size() > longest_socks_text)
        refuse_option("proxy: the server's name is too long for SOCKS 5");
    route->has_credentials = proxy.has_credentials();
    route->username = proxy_secret(proxy_access::username(proxy));
    route->password = proxy_secret(proxy_access::password(proxy));
    if (proxy.scheme() == proxy_scheme::https) {
        tls_settings tls;
        tls.ca_pem = proxy.ca_pem();
        tls.ca_file = proxy.ca_file();
        tls.key_log_file = key_log_file;
        try {
            route->tls = std::make_shared<tls_context>(tls, 1);
        } catch (const api_error& wrong) {
            refuse_option("proxy: " + wrong.failure().message());
        }
    }
    to.proxy = std::move(route);
}

} // namespace detail

proxy_options::proxy_options(std::string_view url)
    : proxy_options(detail::proxy_access::parse("proxy", url)) {}

proxy_options proxy_options::from_environment(std::string_view base_url) {
    return detail::proxy_access::from_environment("base_url", base_url);
}

} // namespace bandwidth::webrtc
