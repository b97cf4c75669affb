#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/detail/abi_check.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <bandwidth/webrtc/testing/fault.hpp>
#include <bandwidth/webrtc/testing/loopback_options.hpp>
#include <bandwidth/webrtc/testing/loopback_stats.hpp>

/// Servers for tests, with faults at chosen moments. In a library of its own: `bandwidth::webrtc_testing`.
namespace bandwidth::webrtc::testing {

/// A stateful emulation of Bandwidth's WebRTC API, and of BRTC's endpoints, on a real TLS socket of this
/// machine.
///
/// It keeps sessions, participants and subscriptions in memory and responds to all eleven operations of the
/// API with the documented statuses and bodies: 400, 401, 403, 404, 409 and 415 by itself, 429 where
/// `loopback_options::rate_limit` or `max_endpoints` is set, anything else when a `fault` tells it to. It
/// speaks HTTP/1.1 with pipelining and keep-alive over TLS 1.2 and 1.3, with a certificate made at start.
///
/// Where the documentation leaves a choice: `publishPermissions` is `[]` when the request had none; `tag` is
/// left out of a response when none was given; adding a participant that is in another session, or a 21st
/// participant to a session, gets 409; a tag of more than 50 characters gets 400; the sessions and
/// participants named inside subscriptions need not exist; a body of another content type than
/// application/json gets 415, as AWS API Gateway has it, and one without a content type is taken for JSON. A
/// body of JSON `null` is no body, as an official SDK sends it.
///
/// It also is the token endpoint of OAuth 2.0 (`token_url`), which issues access tokens for client
/// credentials (RFC 6749 section 4.4), and every operation takes such a token in place of user name and
/// password.
///
/// As Bandwidth's, its sessions and their subscriptions end after nine hours, and so does a participant that
/// is not connected for nine hours. Time is the emulation's clock, which `advance` moves. The emulation
/// carries no media, so to it no participant is connected, but those that a test has named to
/// `set_connected`.
///
/// BRTC (`brtc_url`) has its five operations for endpoints, with the envelope, the statuses and the errors of
/// Bandwidth's OpenAPI description. Endpoints end after 24 hours of the emulation's clock. Where the
/// description leaves a choice: an endpoint is CONNECTED while a device is, which `connect_device` names; a
/// list is in the order of creation, so that a cursor stays good while endpoints come and go; another account
/// is 403, a path that is unknown 404; what an endpoint is told to do by BXML is kept for `endpoint_bxml`,
/// and refused only when it does not begin like XML.
///
/// Events are posted to the URL that a participant has named (`callbackUrl`: onConnect and onDisconnect at
/// `set_connected`, onLeave when a participant is deleted whose device is connected), or an endpoint
/// (`eventCallbackUrl`, then `eventFallbackUrl` when the first gives no 2xx: at `connect_device` and
/// `disconnect_device`, and for each device that is connected when the endpoint is deleted or ends with
/// time). They are posted in their order, one after the other, each once to a URL, by http:// or https://; a
/// request never waits for them. Only URLs of this machine get any, unless
/// `loopback_options::events_to_any_host` is on. What is not posted when the server stops is dropped. An
/// event for which 10,000 others wait to be posted is dropped too, and counted
/// (`loopback_stats::events_dropped`).
///
/// ```cpp
/// testing::loopback_server server; // runs on a thread of its own
/// webrtc::client client{executor, server.client_options()};
/// ```
///
/// All member functions may be called from any thread; the destructor must not run at the same time as
/// another.
class loopback_server {
public:
    /// Starts the server on a background thread of its own. It listens when the constructor returns.
    /// \throws boost::system::system_error when the address cannot be bound
    /// \throws std::runtime_error when a certificate cannot be used
    explicit loopback_server(loopback_options options = loopback_options());

    /// Starts the server on the caller's executor. It listens when the constructor returns, and serves while
    /// that executor's context runs; `run()` on the context returns only after `stop`. A strand keeps the
    /// server's state together, so the context may run on several threads. The context must outlive the
    /// server.
    /// \throws boost::system::system_error when the address cannot be bound
    /// \throws std::runtime_error when a certificate cannot be used
    [[gnu::always_inline]] explicit loopback_server(const boost::asio::any_io_executor& executor,
                                                    loopback_options options = loopback_options())
        : loopback_server(executor, std::move(options), webrtc::detail::abi_check()) {}

    loopback_server(const loopback_server&) = delete;
    loopback_server& operator=(const loopback_server&) = delete;

    /// As `stop`. Safe while connections are open and responses are due.
    ~loopback_server();

    /// Stops listening and closes all connections at once, without a response to requests that wait (TCP FIN
    /// or RST, no TLS close_notify). With a thread of its own the server has stopped when this returns; on
    /// the caller's executor the sockets are closed there, at once when called from that executor's only
    /// thread. A second call does nothing.
    void stop();

    /// The port in use.
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// What a client takes as its base URL: "https://localhost:PORT/v1".
    [[nodiscard]] std::string base_url() const;
    /// The certificate, in PEM, that a client has to trust.
    [[nodiscard]] const std::string& ca_pem() const noexcept;
    /// The base URL of BRTC: "https://localhost:PORT/v2".
    [[nodiscard]] std::string brtc_url() const;
    /// The token endpoint: "https://localhost:PORT/api/v1/oauth2/token".
    [[nodiscard]] std::string token_url() const;
    /// The client id from the options.
    [[nodiscard]] const std::string& client_id() const noexcept;
    /// The first client secret that is valid now.
    [[nodiscard]] std::string client_secret() const;
    /// The account from the options.
    [[nodiscard]] const std::string& account() const noexcept;
    /// The user name from the options.
    [[nodiscard]] const std::string& username() const noexcept;
    /// The password from the options.
    [[nodiscard]] const std::string& password() const noexcept;

    /// Options of a client of this server: base URL, account, credentials and the certificate to trust. Set
    /// what else the test wants: `server.client_options().pipeline_depth(1)`.
    [[nodiscard]] webrtc::client_options client_options() const;

    /// From now on the token endpoint takes these secrets, and no others; a second one that is empty is none.
    /// Access tokens that are out stay valid.
    void set_client_secrets(std::string secret, std::string second_secret = {});
    /// From now on every access token that is out gets 401.
    void revoke_tokens();

    /// Adds a fault behind those injected before. It holds from the next request that is parsed.
    void inject(const fault& added);
    /// Forgets all faults.
    void clear_faults();
    /// How many injected faults are not used up yet.
    [[nodiscard]] std::size_t faults_left() const;

    /// Closes (close_notify and FIN) every connection on which no request waits for its response. With a
    /// thread of its own the server has done it when this returns; on the caller's executor as `stop`.
    void close_idle_connections();
    /// The same by a TCP reset (RST).
    void reset_idle_connections();

    /// Moves the emulation's clock ahead, at once, for what depends on time: the end of sessions, endpoints
    /// and participants, access tokens, the rate limit, and the expiry of participant tokens made from now
    /// on. The clock shows real time, plus what it was moved; delays and timeouts take real time. With a
    /// thread of its own the server has ended what is over when this returns; on the caller's executor as
    /// `stop`, and before the next request in any case.
    /// \throws std::invalid_argument when the duration is negative, or when the clock would be more than a
    ///         hundred years ahead of real time
    void advance(std::chrono::nanoseconds duration);
    /// As if the participant's device had connected, so that the participant does not end with time; or, with
    /// false, as if it had gone, from where on the participant has nine hours. An id that does not exist does
    /// no harm. With a thread of its own the server has done it when this returns; on the caller's executor
    /// as `stop`.
    void set_connected(const webrtc::participant_id& participant, bool connected = true);

    /// As if a device had connected to a BRTC endpoint with the endpoint's token. It has when this returns.
    /// \param endpoint that the device connects to
    /// \param name as the endpoint then tells it; empty: none
    /// \returns the new device's id; an empty one when there is no such endpoint
    webrtc::device_id connect_device(const webrtc::endpoint_id& endpoint, std::string name = {});
    /// As if the device had gone. It stays in the endpoint's list, as disconnected. Ids that do not exist do
    /// no harm.
    void disconnect_device(const webrtc::endpoint_id& endpoint, const webrtc::device_id& device);
    /// The last BXML document that a BRTC endpoint was given; nothing when it had none, or is not there.
    [[nodiscard]] std::optional<std::string> endpoint_bxml(const webrtc::endpoint_id& endpoint) const;

    /// Counters, as of now.
    [[nodiscard]] loopback_stats stats() const;
    /// The requests received so far, in the order of arrival; empty unless
    /// `loopback_options::record_requests` is on.
    [[nodiscard]] std::vector<received_request> received() const;
    /// How many sessions exist now. Those that real time has ended count until the next request or `advance`;
    /// so for the participants.
    [[nodiscard]] std::size_t session_count() const noexcept;
    /// How many participants exist now, in a session or not.
    [[nodiscard]] std::size_t participant_count() const noexcept;
    /// How many BRTC endpoints exist now.
    [[nodiscard]] std::size_t endpoint_count() const;

private:
    loopback_server(const boost::asio::any_io_executor& executor, loopback_options options,
                    webrtc::detail::abi_check);

    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace bandwidth::webrtc::testing
