#include "manager/settings.hpp"

#include <algorithm>
#include <atomic>
#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"
#include "manager/proxy_settings.hpp"
#include "transport/proxy_route.hpp"
#include "transport/system_resolver.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::chrono::hours longest_duration(24);

template <class Number>
Number in_range(const char* name, Number value, Number least, Number most) {
    if (!(value >= least && value <= most)) // no NaN either
        refuse_option(std::string(name) + " is " + std::to_string(value) + ", not in " +
                      std::to_string(least) + " to " + std::to_string(most));
    return value;
}

std::chrono::nanoseconds in_range(const char* name, std::chrono::nanoseconds value) {
    if (value.count() <= 0 || value > longest_duration)
        refuse_option(std::string(name) + " is " + std::to_string(value.count()) +
                      " ns, not in over 0 to 24 h");
    return value;
}

// An even part of a whole; all parts together are the whole.
std::size_t part_of(std::size_t whole, std::size_t parts, std::size_t index) {
    return whole / parts + (index < whole % parts ? 1 : 0);
}

// What a budget allows in the ten seconds that it counts, when nothing else is sent.
std::size_t in_ten_seconds(double per_second) { return static_cast<std::size_t>(per_second * 10); }

// Each shard works on its own, with what it has of each.
void check_division(const connection_values& values) {
    const auto enough = [&](const char* name, std::size_t value) {
        if (value < values.shards)
            refuse_option(std::string(name) + " is " + std::to_string(value) +
                          ", less than one for each of " + std::to_string(values.shards) + " shards");
    };
    enough("max_connections", values.max_connections);
    enough("queue_limit", values.queue_limit);
    if (values.shards > 1 && values.retry_budget_per_second > 0)
        enough("retry_budget per_second times ten", in_ten_seconds(values.retry_budget_per_second));
}

std::optional<boost::asio::ip::address> parse_address(const std::string& host) {
    error_code not_an_address;
    const auto address = boost::asio::ip::make_address(host, not_an_address);
    return not_an_address ? std::nullopt : std::optional(address);
}

bool is_ascii(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// RFC 5891: neither name servers nor certificates have such names in any other form.
constexpr const char* not_ascii =
    ": characters beyond ASCII do not belong in it; a name that has them is written as xn--...";

// Whether a host may be connected to without TLS. What "localhost" resolves to is checked with each connection.
bool may_be_loopback(const std::string& host) {
    const auto address = parse_address(host);
    return address ? address->is_loopback() : equals_ignoring_case(host, "localhost");
}

// Where to connect to in place of the URL's host and port.
void read_connect_to(const connection_values& values, endpoint& to) {
    const auto& host = values.connect_to_host;
    if (host.empty() && values.connect_to_port == 0)
        return;
    if (host.empty())
        refuse_option("connect_to: no host");
    if (values.connect_to_port == 0)
        refuse_option("connect_to: the port is out of range");
    check_host("connect_to", host);
    if (to.plain && !may_be_loopback(host))
        refuse_option("connect_to: http is for loopback addresses only");
    to.host = host;
    to.port = std::to_string(values.connect_to_port);
}

} // namespace

void refuse_option(const std::string& text) { throw api_error(failure(errc::invalid_options, text)); }

void check_host(const std::string& option, const std::string& host) {
    if (!valid_field_value(host) || host.find_first_of(" \t") != std::string::npos)
        refuse_option(option + ": the host has characters that no host name has");
    if (!is_ascii(host))
        refuse_option(option + not_ascii);
    if (host.find('%') != std::string::npos)
        refuse_option(option + ": an IPv6 zone does not belong in it");
    // What a URL has percent-encoded is decoded here. A proxy would be asked for another host or port with it.
    if (host.find_first_of("/[]@?#\\:") != std::string::npos && !parse_address(host))
        refuse_option(option + ": the host is neither a name nor an IP address without brackets");
}

server_url read_server_url(std::string_view option, std::string_view text) {
    const auto refuse = [option](const char* what) {
        refuse_option(std::string(option).append(": ").append(what));
    };
    // What is wrong is told without the text: it may hold a password.
    const auto parsed = boost::urls::parse_uri(text);
    if (!is_ascii(text))
        refuse_option(std::string(option) + not_ascii);
    if (!parsed)
        refuse(text.find("://") == std::string::npos ? "no scheme; it must begin with https://"
                                                     : "not a URL");
    const auto& url = *parsed;
    const bool plain = url.scheme_id() == boost::urls::scheme::http;
    if (!plain && url.scheme_id() != boost::urls::scheme::https)
        refuse("the scheme must be https, or http for a loopback address");
    if (url.has_userinfo())
        refuse("credentials do not belong in it");
    if (url.has_query() || url.has_fragment())
        refuse("a query or a fragment does not belong in it");
    if (url.host_address().empty())
        refuse("no host");
    if (!url.encoded_path().empty() && !url.encoded_path().starts_with('/')) // Boost 1.81 takes "host:port1"
        refuse("the port is not a number");
    const bool default_port = !url.has_port() || url.port().empty();
    if (!default_port && url.port_number() == 0)
        refuse("the port is out of range");
    server_url to;
    to.endpoint.host = to.endpoint.server_name = url.host_address();
    check_host(std::string(option), to.endpoint.host);
    if (plain && !may_be_loopback(to.endpoint.host))
        refuse("http is for loopback addresses only");
    to.endpoint.plain = plain;
    const std::string usual_port = plain ? "80" : "443";
    to.endpoint.port = default_port ? usual_port : std::to_string(url.port_number());
    to.host_header = url.encoded_host();
    if (to.endpoint.port != usual_port)
        to.host_header += ":" + to.endpoint.port;
    to.path = url.encoded_path();
    while (to.path.ends_with('/'))
        to.path.pop_back();
    return to;
}

pool_settings manager_settings::of_shard(std::size_t index) const {
    auto part = pool;
    auto& schedule = part.schedule;
    schedule.again.jitter_seed = std::random_device()(); // or all of them would try again at the same time
    static std::atomic<std::uint64_t> pools{0};
    constexpr int numbers_of_a_pool = 40; // bits: enough for a year at 30,000 a second
    schedule.observed.first_number = pools.fetch_add(1, std::memory_order_relaxed) << numbers_of_a_pool;
    if (const auto& proxy = part.endpoint.proxy; proxy && proxy->tls) { // what it keeps for its strand
        auto own = std::make_shared<proxy_route>(*proxy);
        own->tls = std::make_shared<tls_context>(*proxy->tls, schedule.max_connections * 2);
        part.endpoint.proxy = std::move(own);
    }
    if (shards == 1)
        return part;
    part.names.first_dial += index;
    schedule.max_connections = part_of(schedule.max_connections, shards, index);
    schedule.min_connections = part_of(schedule.min_connections, shards, index);
    schedule.queue_limit = part_of(schedule.queue_limit, shards, index);
    // Whole requests: no shard can send a part of one again.
    schedule.again.budget_per_second =
        static_cast<double>(part_of(in_ten_seconds(schedule.again.budget_per_second), shards, index)) / 10;
    return part;
}

std::size_t manager_settings::most_connections_of_a_shard() const noexcept {
    return part_of(pool.schedule.max_connections, shards, 0);
}

tls_settings check_tls(const connection_values& values) {
    if (!values.ca_pem.empty() && !values.ca_file.empty())
        refuse_option("ca_pem and ca_file: only one of them can be given");
    if (values.client_certificate_pem.empty() != values.client_private_key_pem.empty())
        refuse_option("client_certificate: the certificate and its private key belong together");
    tls_settings tls;
    tls.ca_pem = values.ca_pem;
    tls.ca_file = values.ca_file;
    tls.certificate_pem = values.client_certificate_pem;
    tls.private_key_pem = values.client_private_key_pem;
    if (const char* const file = std::getenv("SSLKEYLOGFILE"); values.key_log && file)
        tls.key_log_file = file;
    for (const auto& text : values.public_key_pins) {
        const auto pin = parse_public_key_pin(text);
        if (!pin)
            refuse_option("pin_public_key: not a SHA-256 in base64, 44 characters with one '=' at the end");
        tls.pins.push_back(*pin);
    }
    return tls;
}

manager_settings check(const server_url& server, const connection_values& values) {
    manager_settings to;
    to.host_header = server.host_header;
    auto& pool = to.pool;
    pool.endpoint = server.endpoint;
    read_connect_to(values, pool.endpoint);
    to.tls = check_tls(values);
    if (values.proxy.scheme() != proxy_scheme::none)
        lead_through(values.proxy, to.tls.key_log_file, pool.endpoint);
    pool.single_threaded = values.single_threaded;
    // Clients of many processes are to begin with different addresses too.
    pool.names.first_dial = std::random_device()();
    if (values.names)
        pool.names = *values.names;
    if (values.resolver)
        pool.names.resolver = system_resolver(by_function(values.resolver));
    auto& observed = pool.schedule.observed;
    observed.observers = values.observers;
    if (std::find(observed.observers.begin(), observed.observers.end(), nullptr) != observed.observers.end())
        refuse_option("add_observer: null");
    observed.propagator = values.propagator;
    observed.server_address = server.endpoint.server_name;
    read_number(server.endpoint.port, observed.server_port);
    pool.schedule.limits.body_bytes = in_range<std::size_t>("body_limit", values.body_limit, 1024, 1U << 30);
    pool.schedule.limits.header_bytes =
        in_range<std::size_t>("header_limit", values.header_limit, 1024, 1U << 20);

    auto& schedule = pool.schedule;
    schedule.max_connections = in_range<std::size_t>("max_connections", values.max_connections, 1, 10'000);
    schedule.min_connections =
        in_range<std::size_t>("min_connections", values.min_connections, 0, values.max_connections);
    schedule.depth = in_range<std::size_t>("pipeline_depth", values.pipeline_depth, 1, 256);
    schedule.queue_limit = in_range<std::size_t>("queue_limit", values.queue_limit, 1, 10'000'000);
    schedule.again.max_resends = in_range("max_resends", values.max_resends, 0, 10);
    if (const auto problem = validate(values.retry))
        refuse_option(*problem);
    schedule.again.retry = values.retry;
    schedule.again.budget_per_second =
        in_range("retry_budget per_second", values.retry_budget_per_second, 0., 1e6);
    schedule.again.budget_ratio = in_range("retry_budget ratio", values.retry_budget_ratio, 0., 10.);
    to.timeout = in_range("timeout", values.timeout);
    schedule.connect_timeout = in_range("connect_timeout", values.connect_timeout);
    schedule.response_timeout = in_range("response_timeout", values.response_timeout);
    schedule.idle_timeout = in_range("idle_timeout", values.idle_timeout);
    schedule.max_age = in_range("max_connection_age", values.max_connection_age);
    to.shards = in_range<std::size_t>("shards", values.shards, 1, 64);
    check_division(values);
    return to;
}

std::optional<std::string> validate(const retry_policy& policy) {
    constexpr std::chrono::nanoseconds longest = std::chrono::hours(24);
    const auto out_of_range = [longest](std::chrono::nanoseconds value) {
        return value.count() <= 0 || value > longest;
    };
    if (policy.attempts() < 1 || policy.attempts() > 100)
        return "retry attempts is " + std::to_string(policy.attempts()) + ", not in 1 to 100";
    if (out_of_range(policy.first_backoff()) || out_of_range(policy.longest_backoff()) ||
        policy.first_backoff() > policy.longest_backoff())
        return "retry backoff is not in over 0 to 24 h, the first one no longer than the longest";
    if (out_of_range(policy.throttled_backoff()))
        return "retry throttled_backoff is not in over 0 to 24 h";
    if (policy.longest_retry_after().count() < 0 || policy.longest_retry_after() > longest)
        return "retry longest_retry_after is not in 0 to 24 h";
    return std::nullopt;
}

} // namespace bandwidth::webrtc::detail
