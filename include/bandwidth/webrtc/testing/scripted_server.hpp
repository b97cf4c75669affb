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

#include <bandwidth/webrtc/detail/abi_check.hpp>
#include <bandwidth/webrtc/testing/certificate.hpp>
#include <bandwidth/webrtc/testing/handshake_record.hpp>
#include <bandwidth/webrtc/testing/tls_version.hpp>

namespace bandwidth::webrtc::testing {

namespace detail {

/// One step of a `script`, as the server reads it.
struct script_step {
    enum class kind {
        handshake,
        handshake_stall,
        expect_requests,
        expect_bytes,
        send,
        send_raw,
        key_update,
        renegotiate,
        delay,
        hold,
        close_notify,
        fin,
        rst,
        stall
    };

    kind what = kind::stall;
    std::size_t count = 0; // requests; piece size; bytes of the handshake
    std::string bytes;
    std::chrono::nanoseconds duration{0};
};

struct script_access;

} // namespace detail

/// What a `scripted_server` does on one connection, step by step.
///
/// `script{}.expect_requests(2).send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").rst()`
///
/// The TLS handshake is made by the first step that needs it, so `script{}.rst()` resets before the
/// ClientHello is read. After the last step the connection stays open and everything that arrives is logged,
/// until the peer closes. Not thread-safe; copies are independent.
class script {
public:
    /// A script without steps: reads and logs, never responds.
    script();

    /// Completes the TLS handshake. Nothing on a plain TCP server.
    script& handshake();
    /// Reads the ClientHello, sends the first `bytes` bytes of the server's first flight, then nothing ever
    /// more. (In TLS 1.3 the ServerHello takes the first 127 bytes or so.)
    script& handshake_stall(std::size_t bytes = 0);
    /// Reads until `count` more header blocks have ended (an empty line each); what stands behind the last of
    /// them is left to the next step. Bodies are not parsed.
    script& expect_requests(std::size_t count = 1);
    /// Reads until `text` has come, behind what earlier steps consumed.
    script& expect_bytes(std::string text);
    /// Sends bytes, in one TLS record up to 16 KiB and one system call.
    script& send(std::string bytes);
    /// Sends bytes in pieces of `size` bytes, each in a TLS record and a system call of its own.
    script& send_split(std::string bytes, std::size_t size = 1);
    /// Changes the keys `count` times, in TLS 1.3, and asks the client each time to do the same (KeyUpdate;
    /// RFC 8446 section 4.6.3). Leaves in one system call. The script fails on an older TLS and on plain TCP.
    script& key_update(std::size_t count = 1);
    /// Asks the client to shake hands again, in TLS 1.2 (HelloRequest; RFC 5246 section 7.4.1.1). The script
    /// fails on TLS 1.3 and on plain TCP; and, some step later, when the client refuses.
    script& renegotiate();
    /// Sends bytes beneath TLS, unencrypted: to break the record layer.
    script& send_raw(std::string bytes);
    /// Waits.
    script& delay(std::chrono::nanoseconds duration);
    /// Waits for `scripted_server::release`, so that a test decides when the next step is taken.
    script& hold();
    /// Sends the TLS close_notify alert. The TCP connection stays open in both directions.
    script& close_notify();
    /// Ends the sending direction of the TCP connection (FIN), without close_notify.
    script& fin();
    /// Resets the TCP connection (RST). No step behind it is run.
    script& rst();
    /// Neither reads nor sends ever more, until the server stops. No step behind it is run.
    script& stall();

private:
    friend struct detail::script_access;

    script& add(detail::script_step step);

    std::vector<detail::script_step> steps_;
};

/// How a `scripted_server` is set up. Not thread-safe; copies are independent.
class scripted_options {
public:
    /// TLS on 127.0.0.1, a free port, a certificate as the loopback server has.
    scripted_options();

    /// The IP address to listen on, in text form. Default "127.0.0.1".
    scripted_options& address(std::string ip_address);
    /// The port to listen on; 0, the default, lets the system choose a free one.
    scripted_options& port(std::uint16_t port);
    /// Plain TCP in place of TLS. Default false.
    scripted_options& plain_tcp(bool enabled);
    /// The newest TLS version on offer. The oldest is 1.2, or 1.0 where the newest is older than 1.2. Default
    /// TLS 1.3.
    scripted_options& max_tls_version(tls_version version);
    /// The certificate to show: see `certificate_authority` for wrong ones. Default: one for localhost,
    /// 127.0.0.1 and ::1, of an authority made at start.
    scripted_options& server_certificate(certificate shown);
    /// Ends the handshake with a client that shows no certificate of this authority (in PEM). In TLS 1.3 the
    /// client learns of it after the handshake. Default: asks for none.
    scripted_options& client_authority(std::string ca_pem);
    /// Selects this ALPN protocol, offered or not, for a client that offers any; the empty text: never
    /// selects one. Default: "http/1.1" where that is offered.
    scripted_options& alpn(std::string protocol);
    /// Refuses a client that asks for another host (SNI) or for none, with the alert unrecognized_name.
    /// Default: takes any.
    scripted_options& required_server_name(std::string name);

    /// \name What was set
    /// @{

    /// What was set, or the default.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] bool plain_tcp() const noexcept { return plain_tcp_; }
    [[nodiscard]] tls_version max_tls_version() const noexcept { return max_tls_version_; }
    [[nodiscard]] const std::optional<certificate>& server_certificate() const noexcept {
        return server_certificate_;
    }
    [[nodiscard]] const std::string& client_authority() const noexcept { return client_authority_; }
    [[nodiscard]] const std::optional<std::string>& alpn() const noexcept { return alpn_; }
    [[nodiscard]] const std::string& required_server_name() const noexcept { return required_server_name_; }
    /// @}

private:
    std::string address_ = "127.0.0.1";
    std::uint16_t port_ = 0;
    bool plain_tcp_ = false;
    tls_version max_tls_version_ = tls_version::tls_1_3;
    std::optional<certificate> server_certificate_;
    std::string client_authority_;
    std::optional<std::string> alpn_;
    std::string required_server_name_;
};

/// How far a script has come.
enum class script_state {
    not_started, ///< the connection has not been accepted yet
    running,     ///< a step is under way
    held,        ///< it stands at a `script::hold`: every step before that is done
    ended,       ///< all steps were done, or `rst` or `stall` was reached
    failed       ///< the peer closed, or TLS failed, before the last step: see `scripted_server::error`
};

/// A TLS or TCP server that plays a script on each connection: for faults that a well-behaved server never
/// shows. All member functions may be called from any thread; the destructor must not run at the same time as
/// another.
class scripted_server {
public:
    /// Starts the server on a background thread of its own. It listens when the constructor returns.
    /// \throws boost::system::system_error when the address cannot be bound
    /// \throws std::runtime_error when the certificate cannot be used
    explicit scripted_server(scripted_options options = scripted_options());
    /// Starts the server on the caller's executor, as `loopback_server` does.
    [[gnu::always_inline]] explicit scripted_server(const boost::asio::any_io_executor& executor,
                                                    scripted_options options = scripted_options())
        : scripted_server(executor, std::move(options), webrtc::detail::abi_check()) {}

    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    /// As `stop`.
    ~scripted_server();

    /// Adds the script of the next connection that has none: the first call is for the first connection.
    void add(script steps);
    /// Sets the script of all connections for which `add` gave none. Without it they are closed when
    /// accepted.
    void otherwise(script steps);

    /// Lets the script of a connection go on behind the `script::hold` at which it stands, or else behind the
    /// next one that it comes to.
    void release(std::size_t connection);

    /// Stops listening and closes all connections at once. A second call does nothing.
    void stop();

    /// The port in use.
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// "https://localhost:PORT/v1", or "http://localhost:PORT/v1" for plain TCP.
    [[nodiscard]] std::string base_url() const;
    /// The certificate, in PEM, that a client has to trust; empty for plain TCP.
    [[nodiscard]] const std::string& ca_pem() const noexcept;

    /// How many connections were accepted so far.
    [[nodiscard]] std::size_t connections() const;
    /// All bytes received on a connection so far, decrypted; empty for a connection that was not accepted
    /// yet.
    /// \param connection 0 for the first that was accepted
    [[nodiscard]] std::string received(std::size_t connection) const;
    /// What the client has shown of itself in the handshake of a connection so far.
    [[nodiscard]] handshake_record handshake(std::size_t connection) const;
    /// How far the script of a connection has come.
    [[nodiscard]] script_state state(std::size_t connection) const;
    /// Why the script of a connection failed; empty when it did not.
    [[nodiscard]] std::string error(std::size_t connection) const;

    /// Blocks until the script of a connection has ended or failed. Only for a server with a thread of its
    /// own, or when another thread runs the executor.
    /// \returns false when that did not happen in time
    [[nodiscard]] bool wait_until_ended(std::size_t connection, std::chrono::nanoseconds timeout) const;
    /// Blocks until the script of a connection stands at a `script::hold`. As above; false also where it has
    /// ended or failed.
    [[nodiscard]] bool wait_until_held(std::size_t connection, std::chrono::nanoseconds timeout) const;
    /// Blocks until the bytes received on a connection hold `text`, or the timeout is over. As above.
    [[nodiscard]] bool wait_until_received(std::size_t connection, const std::string& text,
                                           std::chrono::nanoseconds timeout) const;

private:
    scripted_server(const boost::asio::any_io_executor& executor, scripted_options options,
                    webrtc::detail::abi_check);

    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace bandwidth::webrtc::testing
