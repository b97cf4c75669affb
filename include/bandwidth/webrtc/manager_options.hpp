#pragma once

#include <bandwidth/webrtc/observer.hpp>
#include <bandwidth/webrtc/proxy.hpp>
#include <bandwidth/webrtc/retry_policy.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bandwidth::webrtc {

namespace detail {

struct name_settings;
struct options_access;

/// The values of `basic_connection_options`.
struct connection_values {
    std::string connect_to_host;
    std::uint16_t connect_to_port = 0;
    std::function<std::vector<boost::asio::ip::address>(const std::string& host)> resolver;
    proxy_options proxy;
    std::string ca_pem;
    std::string ca_file;
    std::string client_certificate_pem;
    std::string client_private_key_pem;
    std::vector<std::string> public_key_pins;
    bool key_log = false;
    std::size_t max_connections = 8;
    std::size_t min_connections = 0;
    std::size_t pipeline_depth = 8;
    std::size_t shards = 1;
    std::size_t queue_limit = 1024;
    std::size_t body_limit = 8 * 1024 * 1024;
    std::size_t header_limit = 16 * 1024;
    std::chrono::nanoseconds timeout = std::chrono::seconds(30);
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);
    std::chrono::nanoseconds response_timeout = std::chrono::seconds(15);
    std::chrono::nanoseconds idle_timeout = std::chrono::seconds(50);
    std::chrono::nanoseconds max_connection_age = std::chrono::minutes(8);
    bool single_threaded = false;
    int max_resends = 2;
    retry_policy retry;
    double retry_budget_per_second = 10;
    double retry_budget_ratio = 0.2;
    std::vector<std::shared_ptr<observer>> observers;
    std::shared_ptr<webrtc::propagator> propagator;
    std::shared_ptr<const name_settings> names; // tests look names up without a name server
};

} // namespace detail

/// How connections are made and used, and what is sent again: what `manager_options` and `client_options`
/// have in common. `Options` is the one of them that derives from this; each setter returns it, so that calls
/// can be chained. Setters do not check; the constructor of the manager or the client does, and throws
/// `api_error` (`errc::invalid_options`) naming the option that is wrong. What is said of a client holds for
/// a manager too.
template <class Options>
class basic_connection_options {
public:
    /// Connects to this host and port in place of the base URL's, as curl's --connect-to does: to one server
    /// behind a load balancer, or through a tunnel. All else is as without it: the server has to show a
    /// certificate for the base URL's host, which it is told by SNI, and the Host field names that host, too.
    /// Errors name the host that was connected to. Default: none; the empty host with port 0 takes it back.
    /// \param host a DNS name, or an IP address without brackets; where the base URL is http one that http
    ///         may have
    /// \param port 1 to 65,535
    Options& connect_to(std::string_view host, std::uint16_t port) {
        values_.connect_to_host = host;
        values_.connect_to_port = port;
        return self();
    }
    /// Makes all connections through this proxy. Its name is looked up here, and the server's by the proxy.
    /// TLS goes through it to the server, for which all other options hold as without a proxy: `connect_to`
    /// says where the proxy connects to. The connect timeout covers the way through the proxy too.
    ///
    /// Where the proxy's name is not found or it cannot be connected to, the errors are those of a server,
    /// and their text names the proxy. What it says itself is `errc::proxy_refused`, `proxy_failed` or
    /// `proxy_timeout`; a wrong certificate of an https proxy is one of the errors of TLS. Nothing was sent
    /// then. An http base URL has no proxy: the two together are refused.
    ///
    /// Default, a `proxy_options()`: none. The environment is read by `proxy_options::from_environment`
    /// alone.
    Options& proxy(const proxy_options& value) {
        values_.proxy = value;
        return self();
    }
    /// Looks a host up in place of the system's resolver: gives its addresses, the best first, or none where
    /// there is no such host, or throws `boost::system::system_error`, as Asio's resolver does.
    using resolver_function = std::function<std::vector<boost::asio::ip::address>(const std::string& host)>;
    /// Looks the host up with this function, or the proxy's where there is one. Its results are used as those
    /// of the system's: for 30 s, or as long as it fails; that there is no such host for 5 s. It is not asked
    /// about IP addresses. The default, an empty function: getaddrinfo.
    ///
    /// It may block. It is called on a thread made for the look-up; with several shards, or where several
    /// clients have the same options, on several threads at once. It may still run when the client and its
    /// execution context have gone, so it must own what it uses.
    Options& resolver(resolver_function value) {
        values_.resolver = std::move(value);
        return self();
    }

    /// Trust these certificate authorities (PEM, one or more) in place of the system's. Each is a trust
    /// anchor, though it is no root, as for curl: an intermediate certificate alone trusts what it has
    /// signed, and a server's own certificate trusts that server. The same holds for the system's.
    Options& ca_pem(std::string_view pem) {
        values_.ca_pem = pem;
        return self();
    }
    /// As `ca_pem`, from a file that is read when the client is made.
    Options& ca_file(std::string_view path) {
        values_.ca_file = path;
        return self();
    }
    /// Shows this certificate to a server that asks for one (mutual TLS; RFC 8446, section 4.3.2). Not given
    /// by default. A server that does not take it, or misses it, fails calls with `errc::tls_rejected`.
    /// \param chain_pem the certificate in PEM, then any intermediate ones.
    /// \param key_pem its private key in PEM, not encrypted.
    Options& client_certificate(std::string_view chain_pem, std::string_view key_pem) {
        values_.client_certificate_pem = chain_pem;
        values_.client_private_key_pem = key_pem;
        return self();
    }
    /// Adds a pin: a server is trusted only if, on top of the usual verification, one of the pins is the key
    /// of a certificate in its verified chain, root included. Another server fails calls with
    /// `errc::tls_untrusted`. Pin a second key that is kept in reserve, or an authority's: a server that
    /// changes its only pinned key is out of reach.
    /// \param sha256_base64 the SHA-256 of the key's SubjectPublicKeyInfo in base64, 44 characters (RFC 7469,
    ///        section 2.4): `openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform der |
    ///        openssl dgst -sha256 -binary | base64`.
    Options& pin_public_key(std::string_view sha256_base64) {
        values_.public_key_pins.emplace_back(sha256_base64);
        return self();
    }

    /// Whether the secrets of TLS connections are appended to the file that the environment variable
    /// SSLKEYLOGFILE names, if it is set when the client is made, or its TLS settings are loaded again;
    /// default false. Whoever has that file and a capture can read all that was sent, so this is for finding
    /// faults, with Wireshark for example. A file that cannot be opened is refused. The connections to an
    /// https proxy are among them.
    Options& allow_key_log(bool value = true) {
        values_.key_log = value;
        return self();
    }

    /// Connections to keep at most: 1 to 10,000; default 8.
    Options& max_connections(std::size_t value) {
        values_.max_connections = value;
        return self();
    }
    /// Connections to make before calls need them, from the construction of the client on, and to make again
    /// when they end: 0 to `max_connections`; default 0. As long as there are no more than these, none is
    /// closed for being idle, and a POST may use them however long they have been idle.
    Options& min_connections(std::size_t value) {
        values_.min_connections = value;
        return self();
    }
    /// Requests that may be in flight on one connection: 1 to 256; default 8; 1 turns pipelining off.
    Options& pipeline_depth(std::size_t value) {
        values_.pipeline_depth = value;
        return self();
    }
    /// Parts that the client is made of, each with connections, a queue and a strand of its own: 1 to 64;
    /// default 1. With several, a client on an execution context that more than one thread runs uses more
    /// than one core; more of them than threads are of no use.
    ///
    /// A call belongs to the shard of the thread that makes it. Threads are numbered as they make their first
    /// call, with any client of the process, and the number modulo `shards` is the shard: a thread alone uses
    /// one shard, and so 1/n of what is divided here, and a coroutine that moves between threads moves
    /// between shards. POSTs and calls with a dedicated connection need an idle connection of their own
    /// shard.
    ///
    /// `max_connections`, `min_connections`, `queue_limit` and the `per_second` of `retry_budget` are those
    /// of the whole client. They are divided evenly, and the sum is what was set: a shard that has used up
    /// its part takes nothing from another one. Options are refused that leave a shard without a connection,
    /// a place in the queue, or a request in ten seconds to send again; but `min_connections` may leave
    /// shards without a connection, and `per_second` may be 0. All other options hold for each shard as they
    /// are set. After a 429 (see `retry_policy`) each shard waits by itself and sends a probe of its own, so
    /// that up to n of them reach the server.
    Options& shards(std::size_t value) {
        values_.shards = value;
        return self();
    }
    /// Promises that one thread at a time runs the executor that the client is given: an `io_context` that
    /// one thread runs, or a strand. The client then has no strand of its own, and a handler that belongs to
    /// that `io_context` runs right after its response was read, without being scheduled. Default false.
    ///
    /// Functions of the client may be called from any thread all the same. Where the promise is untrue the
    /// client's memory is corrupted. The handlers of calls that finish together run one after the other on
    /// one thread, so a handler must not run the context itself to wait for another handler.
    Options& single_threaded(bool value) {
        values_.single_threaded = value;
        return self();
    }
    /// Calls that may wait for a connection before `errc::queue_full`: 1 to 10,000,000; default 1024. Calls
    /// that share connections and calls that need one for themselves (POSTs, and HEADs of a manager) are
    /// counted apart.
    Options& queue_limit(std::size_t value) {
        values_.queue_limit = value;
        return self();
    }
    /// How often a request may be sent again after its connection was lost: 0 to 10; default 2.
    Options& max_resends(int value) {
        values_.max_resends = value;
        return self();
    }
    /// When and how often a call is tried again; default `retry_policy()`.
    Options& retry(const retry_policy& value) {
        values_.retry = value;
        return self();
    }
    /// Bounds what is sent again, retries and resends of all calls together, over any ten seconds: to `ratio`
    /// times the calls that were sent in that time, or to `per_second` times ten where that is more. 0 to
    /// 1,000,000 and 0 to 10; default 10 and 0.2. When it is used up, calls fail with their last error or
    /// response.
    Options& retry_budget(double per_second, double ratio) {
        values_.retry_budget_per_second = per_second;
        values_.retry_budget_ratio = ratio;
        return self();
    }

    /// Bounds all of a call that sets no timeout of its own: over 0 to 1 day; default 30 s.
    Options& timeout(std::chrono::nanoseconds value) {
        values_.timeout = value;
        return self();
    }
    /// Name look-up, TCP, the proxy where there is one, and TLS together, for one connection: over 0 to 1
    /// day; default 5 s.
    Options& connect_timeout(std::chrono::nanoseconds value) {
        values_.connect_timeout = value;
        return self();
    }
    /// How long a connection may be silent while a response is due: over 0 to 1 day; default 15 s.
    Options& response_timeout(std::chrono::nanoseconds value) {
        values_.response_timeout = value;
        return self();
    }
    /// An idle connection is closed after this: over 0 to 1 day; default 50 s.
    Options& idle_timeout(std::chrono::nanoseconds value) {
        values_.idle_timeout = value;
        return self();
    }
    /// A connection takes no more calls after this, give or take 10 %: over 0 to 1 day; default 8 min.
    Options& max_connection_age(std::chrono::nanoseconds value) {
        values_.max_connection_age = value;
        return self();
    }

    /// Largest response body: 1 KiB to 1 GiB; default 8 MiB.
    Options& body_limit(std::size_t bytes) {
        values_.body_limit = bytes;
        return self();
    }
    /// Largest header section of a response, trailers and interim responses included: 1 KiB to 1 MiB; default
    /// 16 KiB.
    Options& header_limit(std::size_t bytes) {
        values_.header_limit = bytes;
        return self();
    }

    /// Tells this one, too, what calls and connections do; see `observer`. Null is refused.
    Options& add_observer(std::shared_ptr<webrtc::observer> value) {
        values_.observers.push_back(std::move(value));
        return self();
    }
    /// Decides in which trace context each attempt is sent, in place of a random span id below
    /// `call_options::trace`. Null, the default, takes it back.
    Options& propagator(std::shared_ptr<webrtc::propagator> value) {
        values_.propagator = std::move(value);
        return self();
    }

    /// \name What was set
    /// @{

    /// What was set, or the default.
    [[nodiscard]] const std::string& connect_to_host() const noexcept { return values_.connect_to_host; }
    [[nodiscard]] std::uint16_t connect_to_port() const noexcept { return values_.connect_to_port; }
    [[nodiscard]] const proxy_options& proxy() const noexcept { return values_.proxy; }
    [[nodiscard]] const resolver_function& resolver() const noexcept { return values_.resolver; }
    [[nodiscard]] const std::string& ca_pem() const noexcept { return values_.ca_pem; }
    [[nodiscard]] const std::string& ca_file() const noexcept { return values_.ca_file; }
    [[nodiscard]] const std::string& client_certificate_pem() const noexcept {
        return values_.client_certificate_pem;
    }
    [[nodiscard]] const std::string& client_private_key_pem() const noexcept {
        return values_.client_private_key_pem;
    }
    [[nodiscard]] const std::vector<std::string>& public_key_pins() const noexcept {
        return values_.public_key_pins;
    }
    [[nodiscard]] bool allow_key_log() const noexcept { return values_.key_log; }
    [[nodiscard]] std::size_t max_connections() const noexcept { return values_.max_connections; }
    [[nodiscard]] std::size_t min_connections() const noexcept { return values_.min_connections; }
    [[nodiscard]] std::size_t pipeline_depth() const noexcept { return values_.pipeline_depth; }
    [[nodiscard]] std::size_t shards() const noexcept { return values_.shards; }
    [[nodiscard]] bool single_threaded() const noexcept { return values_.single_threaded; }
    [[nodiscard]] std::size_t queue_limit() const noexcept { return values_.queue_limit; }
    [[nodiscard]] int max_resends() const noexcept { return values_.max_resends; }
    [[nodiscard]] const retry_policy& retry() const noexcept { return values_.retry; }
    [[nodiscard]] double retry_budget_per_second() const noexcept { return values_.retry_budget_per_second; }
    [[nodiscard]] double retry_budget_ratio() const noexcept { return values_.retry_budget_ratio; }
    [[nodiscard]] std::chrono::nanoseconds timeout() const noexcept { return values_.timeout; }
    [[nodiscard]] std::chrono::nanoseconds connect_timeout() const noexcept {
        return values_.connect_timeout;
    }
    [[nodiscard]] std::chrono::nanoseconds response_timeout() const noexcept {
        return values_.response_timeout;
    }
    [[nodiscard]] std::chrono::nanoseconds idle_timeout() const noexcept { return values_.idle_timeout; }
    [[nodiscard]] std::chrono::nanoseconds max_connection_age() const noexcept {
        return values_.max_connection_age;
    }
    [[nodiscard]] const std::vector<std::shared_ptr<webrtc::observer>>& observers() const noexcept {
        return values_.observers;
    }
    [[nodiscard]] const std::shared_ptr<webrtc::propagator>& propagator() const noexcept {
        return values_.propagator;
    }
    [[nodiscard]] std::size_t body_limit() const noexcept { return values_.body_limit; }
    [[nodiscard]] std::size_t header_limit() const noexcept { return values_.header_limit; }
    /// @}

protected:
    basic_connection_options() = default;
    ~basic_connection_options() = default;
    basic_connection_options(const basic_connection_options&) = default;
    basic_connection_options(basic_connection_options&&) noexcept = default;
    basic_connection_options& operator=(const basic_connection_options&) = default;
    basic_connection_options& operator=(basic_connection_options&&) noexcept = default;

private:
    friend struct detail::options_access;

    Options& self() noexcept { return static_cast<Options&>(*this); }

    detail::connection_values values_;
};

/// How a `connection_manager` connects and behaves; see `basic_connection_options` for each option.
///
/// Thread safety: distinct objects safe.
class manager_options : public basic_connection_options<manager_options> {
public:
    /// Nothing is set: the defaults hold.
    manager_options() = default;
};

} // namespace bandwidth::webrtc
