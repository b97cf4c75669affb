#include "api/common/settings.hpp"

#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <optional>
#include <random>
#include <string>

#include "api/common/validate.hpp"
#include "core/ascii.hpp"
#include "core/http_grammar.hpp"
#include "transport/system_resolver.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::chrono::hours longest_duration(24);

[[noreturn]] void refuse(const std::string& text) { throw api_error(failure(errc::invalid_options, text)); }

template <class Number>
Number in_range(const char* name, Number value, Number least, Number most) {
    if (!(value >= least && value <= most)) // no NaN either
        refuse(std::string(name) + " is " + std::to_string(value) + ", not in " + std::to_string(least) +
               " to " + std::to_string(most));
    return value;
}

std::chrono::nanoseconds in_range(const char* name, std::chrono::nanoseconds value) {
    if (value.count() <= 0 || value > longest_duration)
        refuse(std::string(name) + " is " + std::to_string(value.count()) + " ns, not in over 0 to 24 h");
    return value;
}

// An even part of a whole; all parts together are the whole.
std::size_t part_of(std::size_t whole, std::size_t parts, std::size_t index) {
    return whole / parts + (index < whole % parts ? 1 : 0);
}

// What a budget allows in the ten seconds that it counts, when nothing else is sent.
std::size_t in_ten_seconds(double per_second) { return static_cast<std::size_t>(per_second * 10); }

// Each shard works on its own, with what it has of each.
void check_division(const client_options& options) {
    const auto enough = [&](const char* name, std::size_t value) {
        if (value < options.shards())
            refuse(std::string(name) + " is " + std::to_string(value) + ", less than one for each of " +
                   std::to_string(options.shards()) + " shards");
    };
    enough("max_connections", options.max_connections());
    enough("queue_limit", options.queue_limit());
    if (options.shards() > 1 && options.retry_budget_per_second() > 0)
        enough("retry_budget per_second times ten", in_ten_seconds(options.retry_budget_per_second()));
}

std::optional<boost::asio::ip::address> parse_address(const std::string& host) {
    error_code not_an_address;
    const auto address = boost::asio::ip::make_address(host, not_an_address);
    return not_an_address ? std::nullopt : std::optional(address);
}

void check_host(const std::string& option, const std::string& host) {
    if (!valid_field_value(host) || host.find(' ') != std::string::npos)
        refuse(option + ": the host has characters that no host name has");
    if (host.find('%') != std::string::npos)
        refuse(option + ": an IPv6 zone does not belong in it");
}

// Whether a host may be connected to without TLS. What "localhost" resolves to is checked with each connection.
bool may_be_loopback(const std::string& host) {
    const auto address = parse_address(host);
    return address ? address->is_loopback() : equals_ignoring_case(host, "localhost");
}

// Where to connect to in place of the base URL's host and port.
void read_connect_to(const client_options& options, endpoint& to) {
    const auto& host = options.connect_to_host();
    if (host.empty() && options.connect_to_port() == 0)
        return;
    if (host.empty())
        refuse("connect_to: no host");
    if (options.connect_to_port() == 0)
        refuse("connect_to: the port is out of range");
    check_host("connect_to", host);
    // An address in brackets, or with a port, would be taken for a name.
    if (host.find_first_of("/[]@?#\\:") != std::string::npos && !parse_address(host))
        refuse("connect_to: the host is neither a name nor an IP address without brackets");
    if (to.plain && !may_be_loopback(host))
        refuse("connect_to: http is for loopback addresses only");
    to.host = host;
    to.port = std::to_string(options.connect_to_port());
}

void read_base_url(const std::string& text, checked_settings& to) {
    // What is wrong is told without the text: it may hold a password.
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed)
        refuse(text.find("://") == std::string::npos ? "base_url: no scheme; it must begin with https://"
                                                     : "base_url: not a URL");
    const auto& url = *parsed;
    const bool plain = url.scheme_id() == boost::urls::scheme::http;
    if (!plain && url.scheme_id() != boost::urls::scheme::https)
        refuse("base_url: the scheme must be https, or http for a loopback address");
    if (url.has_userinfo())
        refuse("base_url: credentials do not belong in it");
    if (url.has_query() || url.has_fragment())
        refuse("base_url: a query or a fragment does not belong in it");
    if (url.host_address().empty())
        refuse("base_url: no host");
    if (!url.encoded_path().empty() && !url.encoded_path().starts_with('/')) // Boost 1.81 takes "host:port1"
        refuse("base_url: the port is not a number");
    const bool default_port = !url.has_port() || url.port().empty();
    if (!default_port && url.port_number() == 0)
        refuse("base_url: the port is out of range");
    to.pool.endpoint.host = to.pool.endpoint.server_name = url.host_address();
    check_host("base_url", to.pool.endpoint.host);
    if (plain && !may_be_loopback(to.pool.endpoint.host))
        refuse("base_url: http is for loopback addresses only");
    to.pool.endpoint.plain = plain;
    const std::string usual_port = plain ? "80" : "443";
    to.pool.endpoint.port = default_port ? usual_port : std::to_string(url.port_number());
    to.pool.host_header = url.encoded_host();
    if (to.pool.endpoint.port != usual_port)
        to.pool.host_header += ":" + to.pool.endpoint.port;
    to.path_prefix = url.encoded_path();
    while (to.path_prefix.ends_with('/'))
        to.path_prefix.pop_back();
}

} // namespace

pool_settings checked_settings::of_shard(std::size_t index) const {
    auto part = pool;
    auto& schedule = part.schedule;
    schedule.again.jitter_seed = std::random_device()(); // or all of them would try again at the same time
    if (shards == 1)
        return part;
    part.names.first_dial = index;
    schedule.max_connections = part_of(schedule.max_connections, shards, index);
    schedule.min_connections = part_of(schedule.min_connections, shards, index);
    schedule.queue_limit = part_of(schedule.queue_limit, shards, index);
    // Whole requests: no shard can send a part of one again.
    schedule.again.budget_per_second =
        static_cast<double>(part_of(in_ten_seconds(schedule.again.budget_per_second), shards, index)) / 10;
    return part;
}

tls_settings check_tls(const client_options& options) {
    if (!options.ca_pem().empty() && !options.ca_file().empty())
        refuse("ca_pem and ca_file: only one of them can be given");
    if (options.client_certificate_pem().empty() != options.client_private_key_pem().empty())
        refuse("client_certificate: the certificate and its private key belong together");
    tls_settings tls;
    tls.ca_pem = options.ca_pem();
    tls.ca_file = options.ca_file();
    tls.certificate_pem = options.client_certificate_pem();
    tls.private_key_pem = options.client_private_key_pem();
    for (const auto& text : options.public_key_pins()) {
        const auto pin = parse_public_key_pin(text);
        if (!pin)
            refuse("pin_public_key: not a SHA-256 in base64, 44 characters with one '=' at the end");
        tls.pins.push_back(*pin);
    }
    return tls;
}

checked_settings check(const client_options& options) {
    checked_settings to;
    read_base_url(options.base_url(), to);
    read_connect_to(options, to.pool.endpoint);
    if (const auto problem = validate_id("account", options.account()))
        refuse(*problem);
    if (!options.credentials())
        refuse("credentials: none were given");
    if (options.user_agent().empty() || !valid_field_value(options.user_agent()))
        refuse("user_agent: empty, or it has control characters");

    auto& pool = to.pool;
    pool.credentials = options.credentials();
    pool.user_agent = options.user_agent();
    pool.single_threaded = options.single_threaded();
    if (const auto& names = client_options_access::names(options))
        pool.names = *names;
    if (options.resolver())
        pool.names.resolver = system_resolver(by_function(options.resolver()));
    to.tls = check_tls(options);
    pool.schedule.limits.body_bytes =
        in_range<std::size_t>("body_limit", options.body_limit(), 1024, 1U << 30);
    pool.schedule.limits.header_bytes =
        in_range<std::size_t>("header_limit", options.header_limit(), 1024, 1U << 20);

    auto& schedule = pool.schedule;
    schedule.max_connections = in_range<std::size_t>("max_connections", options.max_connections(), 1, 10'000);
    schedule.min_connections =
        in_range<std::size_t>("min_connections", options.min_connections(), 0, options.max_connections());
    schedule.depth = in_range<std::size_t>("pipeline_depth", options.pipeline_depth(), 1, 256);
    schedule.queue_limit = in_range<std::size_t>("queue_limit", options.queue_limit(), 1, 10'000'000);
    schedule.again.max_resends = in_range("max_resends", options.max_resends(), 0, 10);
    if (const auto problem = validate(options.retry()))
        refuse(*problem);
    schedule.again.retry = options.retry();
    schedule.again.budget_per_second =
        in_range("retry_budget per_second", options.retry_budget_per_second(), 0., 1e6);
    schedule.again.budget_ratio = in_range("retry_budget ratio", options.retry_budget_ratio(), 0., 10.);
    in_range("timeout", options.timeout());
    schedule.connect_timeout = in_range("connect_timeout", options.connect_timeout());
    schedule.response_timeout = in_range("response_timeout", options.response_timeout());
    schedule.idle_timeout = in_range("idle_timeout", options.idle_timeout());
    schedule.max_age = in_range("max_connection_age", options.max_connection_age());
    to.shards = in_range<std::size_t>("shards", options.shards(), 1, 64);
    check_division(options);
    return to;
}

} // namespace bandwidth::webrtc::detail
