#pragma once

#include <bandwidth/webrtc/credentials.hpp>
#include <bandwidth/webrtc/retry_policy.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc {

namespace detail {
struct name_settings;
struct client_options_access;
} // namespace detail

/// How a client connects and behaves. Setters do not check; the client's constructor does, and throws
/// `api_error` (`errc::invalid_options`) naming the option that is wrong.
///
/// Thread safety: distinct objects safe.
class client_options {
public:
    client_options();

    /// Options from the environment: BW_ACCOUNT_ID, BW_USERNAME and BW_PASSWORD, all needed, and
    /// BANDWIDTH_WEBRTC_CALL_CONTROL_URL for another base URL.
    /// \throws api_error (`errc::invalid_options`) naming the variables that are missing.
    static client_options from_environment();

    /// Replaces the whole prefix before "/accounts/...". The default: https://api.webrtc.bandwidth.com/v1.
    /// Only https. No credentials, query or fragment in it.
    client_options& base_url(std::string_view value);
    /// Bandwidth account id, such as "9900000".
    client_options& account(std::string_view value);
    /// User name and password of an API user: HTTP Basic.
    /// \throws api_error as `basic_credentials`.
    client_options& credentials(std::string_view username, std::string_view password);
    /// Any other kind of credentials.
    client_options& credentials(std::shared_ptr<const credential_source> source);

    /// Trust these certificate authorities (PEM, one or more) in place of the system's. Each is a trust anchor,
    /// though it is no root, as for curl: an intermediate certificate alone trusts what it has signed, and a
    /// server's own certificate trusts that server. The same holds for the system's.
    client_options& ca_pem(std::string_view pem);
    /// As `ca_pem`, from a file that is read when the client is made.
    client_options& ca_file(std::string_view path);
    /// Shows this certificate to a server that asks for one (mutual TLS; RFC 8446, section 4.3.2). Not given
    /// by default. A server that does not take it, or misses it, fails calls with `errc::tls_rejected`.
    /// \param chain_pem the certificate in PEM, then any intermediate ones.
    /// \param key_pem its private key in PEM, not encrypted.
    client_options& client_certificate(std::string_view chain_pem, std::string_view key_pem);
    /// Adds a pin: a server is trusted only if, on top of the usual verification, one of the pins is the key
    /// of a certificate in its verified chain, root included. Another server fails calls with
    /// `errc::tls_untrusted`. Pin a second key that is kept in reserve, or an authority's: a server that
    /// changes its only pinned key is out of reach.
    /// \param sha256_base64 the SHA-256 of the key's SubjectPublicKeyInfo in base64, 44 characters (RFC 7469,
    ///        section 2.4): `openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform der |
    ///        openssl dgst -sha256 -binary | base64`.
    client_options& pin_public_key(std::string_view sha256_base64);

    /// Connections to keep at most: 1 to 10,000; default 8.
    client_options& max_connections(std::size_t value);
    /// Connections to make before calls need them, from the construction of the client on, and to make again
    /// when they end: 0 to `max_connections`; default 0. As long as there are no more than these, none is
    /// closed for being idle, and a POST may use them however long they have been idle.
    client_options& min_connections(std::size_t value);
    /// Requests that may be in flight on one connection: 1 to 256; default 8; 1 turns pipelining off.
    client_options& pipeline_depth(std::size_t value);
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
    /// are set.
    client_options& shards(std::size_t value);
    /// Promises that one thread at a time runs the executor that the client is given: an `io_context` that
    /// one thread runs, or a strand. The client then has no strand of its own, and a handler that belongs to
    /// that `io_context` runs right after its response was read, without being scheduled. Default false.
    ///
    /// Functions of the client may be called from any thread all the same. Where the promise is untrue the
    /// client's memory is corrupted. The handlers of calls that finish together run one after the other on
    /// one thread, so a handler must not run the context itself to wait for another handler.
    client_options& single_threaded(bool value);
    /// Calls that may wait for a connection before `errc::queue_full`: 1 to 10,000,000; default 1024. Calls
    /// that share connections and calls that need one for themselves (POSTs) are counted apart.
    client_options& queue_limit(std::size_t value);
    /// How often a request may be sent again after its connection was lost: 0 to 10; default 2.
    client_options& max_resends(int value);
    /// When and how often a call is tried again; default `retry_policy()`.
    client_options& retry(const retry_policy& value);
    /// Bounds what is sent again, retries and resends of all calls together, over any ten seconds: to `ratio`
    /// times the calls that were sent in that time, or to `per_second` times ten where that is more. 0 to
    /// 1,000,000 and 0 to 10; default 10 and 0.2. When it is used up, calls fail with their last error or
    /// response.
    client_options& retry_budget(double per_second, double ratio);

    /// Bounds all of a call that sets no timeout of its own: over 0 to 1 day; default 30 s.
    client_options& timeout(std::chrono::nanoseconds value);
    /// Name look-up, TCP and TLS together, for one connection: over 0 to 1 day; default 5 s.
    client_options& connect_timeout(std::chrono::nanoseconds value);
    /// How long a connection may be silent while a response is due: over 0 to 1 day; default 15 s.
    client_options& response_timeout(std::chrono::nanoseconds value);
    /// An idle connection is closed after this: over 0 to 1 day; default 50 s.
    client_options& idle_timeout(std::chrono::nanoseconds value);
    /// A connection takes no more calls after this, give or take 10 %: over 0 to 1 day; default 8 min.
    client_options& max_connection_age(std::chrono::nanoseconds value);

    /// Largest response body: 1 KiB to 1 GiB; default 8 MiB.
    client_options& body_limit(std::size_t bytes);
    /// Largest header section of a response, trailers and interim responses included: 1 KiB to 1 MiB; default
    /// 16 KiB.
    client_options& header_limit(std::size_t bytes);
    /// Whether the response to `get_session` and `get_participant` has to name the id that was asked for, as the
    /// service's does; default true. Without that, a response that a broken server gives to the wrong request is
    /// not noticed. For mocks that always answer with the same example.
    client_options& verify_ids(bool value);
    /// Value of the User-Agent header; default "bandwidth-webrtc-cpp/<version>".
    client_options& user_agent(std::string_view value);

    const std::string& base_url() const noexcept { return base_url_; }
    const std::string& account() const noexcept { return account_; }
    const std::shared_ptr<const credential_source>& credentials() const noexcept { return credentials_; }
    const std::string& ca_pem() const noexcept { return ca_pem_; }
    const std::string& ca_file() const noexcept { return ca_file_; }
    const std::string& client_certificate_pem() const noexcept { return client_certificate_pem_; }
    const std::string& client_private_key_pem() const noexcept { return client_private_key_pem_; }
    const std::vector<std::string>& public_key_pins() const noexcept { return public_key_pins_; }
    std::size_t max_connections() const noexcept { return max_connections_; }
    std::size_t min_connections() const noexcept { return min_connections_; }
    std::size_t pipeline_depth() const noexcept { return pipeline_depth_; }
    std::size_t shards() const noexcept { return shards_; }
    bool single_threaded() const noexcept { return single_threaded_; }
    std::size_t queue_limit() const noexcept { return queue_limit_; }
    int max_resends() const noexcept { return max_resends_; }
    const retry_policy& retry() const noexcept { return retry_; }
    double retry_budget_per_second() const noexcept { return retry_budget_per_second_; }
    double retry_budget_ratio() const noexcept { return retry_budget_ratio_; }
    std::chrono::nanoseconds timeout() const noexcept { return timeout_; }
    std::chrono::nanoseconds connect_timeout() const noexcept { return connect_timeout_; }
    std::chrono::nanoseconds response_timeout() const noexcept { return response_timeout_; }
    std::chrono::nanoseconds idle_timeout() const noexcept { return idle_timeout_; }
    std::chrono::nanoseconds max_connection_age() const noexcept { return max_connection_age_; }
    std::size_t body_limit() const noexcept { return body_limit_; }
    std::size_t header_limit() const noexcept { return header_limit_; }
    bool verify_ids() const noexcept { return verify_ids_; }
    const std::string& user_agent() const noexcept { return user_agent_; }

private:
    friend struct detail::client_options_access;

    std::string base_url_;
    std::string account_;
    std::shared_ptr<const credential_source> credentials_;
    std::string ca_pem_;
    std::string ca_file_;
    std::string client_certificate_pem_;
    std::string client_private_key_pem_;
    std::vector<std::string> public_key_pins_;
    std::string user_agent_;
    std::size_t max_connections_ = 8;
    std::size_t min_connections_ = 0;
    std::size_t pipeline_depth_ = 8;
    std::size_t shards_ = 1;
    std::size_t queue_limit_ = 1024;
    std::size_t body_limit_ = 8 * 1024 * 1024;
    std::size_t header_limit_ = 16 * 1024;
    std::chrono::nanoseconds timeout_ = std::chrono::seconds(30);
    std::chrono::nanoseconds connect_timeout_ = std::chrono::seconds(5);
    std::chrono::nanoseconds response_timeout_ = std::chrono::seconds(15);
    std::chrono::nanoseconds idle_timeout_ = std::chrono::seconds(50);
    std::chrono::nanoseconds max_connection_age_ = std::chrono::minutes(8);
    bool single_threaded_ = false;
    bool verify_ids_ = true;
    int max_resends_ = 2;
    retry_policy retry_;
    double retry_budget_per_second_ = 10;
    double retry_budget_ratio_ = 0.2;
    std::shared_ptr<const detail::name_settings> names_; // tests look names up without a name server
};

} // namespace bandwidth::webrtc
