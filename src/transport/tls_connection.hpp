#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transport/connection.hpp"
#include "transport/dialler.hpp"
#include "transport/name_lookup.hpp"
#include "transport/serialized_executor.hpp"
#include "transport/tcp_options.hpp"
#include "transport/tls_engine.hpp"

namespace bandwidth::webrtc::detail {

/// Where to connect to.
struct endpoint {
    std::string host; ///< DNS name or IP address, no brackets
    std::string port; ///< decimal
};

/// Buffers that one strand needs only once, since only one connection on it reads at a time: an idle
/// connection has none of its own.
struct read_buffers {
    static constexpr std::size_t size = 64 * 1024;
    std::vector<char> cipher = std::vector<char>(size);
    std::vector<char> plain = std::vector<char>(size);
};

/// What a connection needs of the pool that owns it.
class connection_host {
public:
    using executor_type = serialized_executor;

    virtual const executor_type& executor() const noexcept = 0;
    virtual read_buffers& buffers() noexcept = 0;
    /// The look-ups that its connections share.
    virtual name_lookup& names() noexcept = 0;
    /// The TLS settings that a handshake has to use now.
    virtual std::shared_ptr<tls_context> tls() noexcept = 0;
    /// Keeps the host alive while an operation is pending.
    virtual std::shared_ptr<void> keep_alive() = 0;
    /// Every completion of a connection runs between these two: what it has made ready goes out in one piece
    /// at the end.
    virtual void begin_turn() noexcept = 0;
    virtual void end_turn() noexcept = 0;

protected:
    ~connection_host() = default;
};

/// A connection over TCP and TLS.
///
/// Once TCP is connected it always waits for something to read, on an idle connection too: a server that
/// closes is seen at once. It only waits, without a buffer, so that what has arrived lies in the socket until
/// it is read here, and not in a completion that has yet to run: only so can `read_available` tell whether
/// anything had arrived before a request was sent. Reading takes everything there is, hands every complete
/// answer on, and leaves writing to the end of the turn. Writing is a plain non-blocking send; only when the
/// socket is full is there a wait for writability, and the batches gather meanwhile. Neither reading nor
/// writing is ever cancelled for the sake of one request (a cancelled TLS write is the end of the
/// connection).
class tls_connection final : public connection, public std::enable_shared_from_this<tls_connection> {
public:
    tls_connection(connection_host& host, connection_events& events, const endpoint& endpoint,
                   std::size_t depth, const response_limits& limits);

    void open() override;
    void flush() override;
    bool read_available() override;
    void release_buffers() noexcept override;
    void close() noexcept override;
    void give_up_dial() noexcept override;
    std::chrono::nanoseconds round_trip() noexcept override { return round_trip_of(socket_); }
    std::string describe_dial() const noexcept override;

private:
    template <class Function>
    auto in_turn(Function function);

    void look_up();
    void on_resolved(const name_answer& answer);
    void connect(const address_list& addresses);
    void on_dialled(dialler::result&& result);
    void on_connected();
    void read_on() noexcept;
    void on_readable(const error_code& ec);
    void read(error_code ec);
    bool on_received(std::string_view cipher);
    bool step_handshake();
    bool decrypt();
    bool consume(std::string_view plain);
    void send_output();
    void note_sent() noexcept;
    void peer_ended(bool clean, const error_code& system_error);
    void fail(close_cause cause, const error_code& code, std::string text) noexcept;
    void out_of_memory() noexcept;
    std::string with_dial_errors(const std::string& more) const;
    void shut(bool attempt_failed) noexcept;

    connection_host& host_;
    connection_events* events_;            // null once closed
    std::shared_ptr<tls_context> context_; // that of `tls_`, which it outlives
    endpoint endpoint_;
    tcp_socket socket_;
    std::shared_ptr<dialler> dialler_; // while it is at work
    address_list tried_;               // addresses to which no connection could be made
    std::string dial_errors_;          // of those
    std::uint64_t ticket_ = 0;         // of the look-up that is waited for; 0: none
    std::uint64_t version_ = 0;        // of the addresses; 0: the host is an address itself
    bool cached_ = false;              // the addresses were known before this connection asked
    boost::asio::ip::tcp::endpoint address_;
    std::optional<tls_engine> tls_;
    std::string partial_;           // decrypted bytes of an answer that is not complete
    std::size_t output_sent_ = 0;   // of the engine's output
    std::size_t output_before_ = 0; // bytes in the output that stand before the last batch: handshake, alerts
    // The record that was encrypted last, in the stream of requests; at most one is not fully sent.
    std::uint64_t record_begin_ = 0;
    std::uint64_t record_end_ = 0;
    bool wants_to_read_ = false; // and no wait is pending
    bool write_pending_ = false;
    bool write_broken_ = false;
};

} // namespace bandwidth::webrtc::detail
