#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "transport/dialler.hpp"
#include "transport/host.hpp"
#include "transport/stream.hpp"
#include "transport/tcp_options.hpp"

namespace bandwidth::webrtc::detail {

/// Makes one TCP connection: name look-up (unless the host is an address), then the first address that
/// accepts. Where all addresses fail that were known before, it looks the name up anew, once. The TLS
/// handshake on the socket, phase `handshaking`, is the stream's part.
///
/// It has no timeout of its own: who wants it no longer closes it.
class connector : public std::enable_shared_from_this<connector> {
public:
    struct outcome {
        std::optional<tcp_socket> socket; ///< non-blocking, with its options set; none: it failed
        error_code code;
        std::string text;
    };
    /// Called once, in a cycle, never from inside of a call on the connector; not at all after `close`.
    using handler = std::function<void(outcome)>;

    connector(transport_host& host, const endpoint& endpoint) : host_(host), endpoint_(endpoint) {}

    void start(handler done);
    /// Gives up. Only where it took too long is what is known of the addresses in doubt.
    void close(close_reason why) noexcept;
    /// The address has accepted a connection and was of no use: others are tried before it.
    void handshake_failed() { host_.names().cache().failed(address_); }

    bool ended() const noexcept { return !done_; }
    /// Of the look-up and of TCP, when it has succeeded.
    const connection_timings& timings() const noexcept { return timings_; }
    connect_phase phase() const noexcept { return phase_; }
    /// How far it has come, for the message of a timeout.
    /// \param missing what had still to be done where TCP is connected
    std::string describe(std::string_view missing) const;
    /// The host and the port, and that it is a proxy.
    std::string where() const;

private:
    void look_up();
    void on_resolved(const name_answer& response);
    std::string not_allowed(const address_list& addresses) const;
    void connect(const address_list& addresses);
    void on_dialled(dialler::result&& result);
    void end_phase(connect_phase next, std::chrono::nanoseconds& took);
    void finish(outcome result);
    std::string with_earlier_errors(const std::string& more) const;
    std::string host_name() const;

    transport_host& host_;
    endpoint endpoint_;
    handler done_; // empty once it has ended
    connect_phase phase_ = connect_phase::resolving;
    std::uint64_t ticket_ = 0;         // of the look-up that is waited for; 0: none
    std::uint64_t version_ = 0;        // of the addresses
    bool cached_ = false;              // the addresses were known before this dial asked
    address_list tried_;               // addresses to which no connection could be made
    std::string errors_;               // of those
    std::shared_ptr<dialler> dialler_; // while it is at work
    boost::asio::ip::tcp::endpoint address_;
    time_point phase_since_{};
    connection_timings timings_;
};

} // namespace bandwidth::webrtc::detail
