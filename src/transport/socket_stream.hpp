#pragma once

#include <memory>
#include <string>

#include "transport/connector.hpp"
#include "transport/host.hpp"
#include "transport/stream.hpp"
#include "transport/stream_engine.hpp"
#include "transport/tls_context.hpp"

namespace bandwidth::webrtc::detail {

/// A stream over TCP, with TLS or without: what moves bytes between the socket of a `connector`, the engine and
/// the owner, from the handshake on.
///
/// Reading: it always waits for something to read, on an idle connection too, so that a server that closes is
/// seen at once. It only waits, without a buffer: what has arrived lies in the socket until it is read on the
/// strand, and not in a completion that has yet to run. Only so can `read_available` tell whether anything
/// had arrived before a request was sent. Reading takes everything there is.
///
/// Writing: a plain non-blocking send of one TLS record at a time (or as much without TLS), the next only when
/// the socket has taken it whole, so that it is known to the record what the server can have seen. Neither reading
/// nor writing is ever cancelled for the sake of one request, since a TLS record that was written in part is the end
/// of the connection.
///
/// Through a proxy the engine is more than TLS to the server, and all here is the same (`tunnel_engine`,
/// `layered_engine`).
class socket_stream final : public stream, public std::enable_shared_from_this<socket_stream> {
public:
    socket_stream(transport_host& host, stream_owner& owner, const endpoint& endpoint);

    void connect() override;
    void flush() override;
    void read_available() override;
    void release_buffers() noexcept override;
    void close(close_reason why) noexcept override;
    connect_phase connecting_phase() const noexcept override {
        return at_proxy() ? connect_phase::tunnelling : connector_->phase();
    }
    std::string describe_connecting() const override;
    connection_timings timings() const noexcept override { return timings_; }
    bool ended() const noexcept { return !owner_; }

private:
    struct connected_socket {
        connected_socket(tcp_socket connected, const endpoint& to, transport_host& host);

        tcp_socket socket;
        std::shared_ptr<tls_context> context; // outlives the engine; null: no TLS
        std::unique_ptr<stream_engine> engine;
    };

    bool at_proxy() const noexcept { return made_ && made_->engine->at_proxy(); }
    std::string explain(const connector& connecting, bool of_proxy, stream_end how, std::string text) const;
    std::string explain_end(std::string text) const;
    void on_tcp_connected(connector::outcome result);
    void shake_hands();
    void wait_for_input();
    void read(error_code ec, bool end_too = false);
    void decrypt();
    void send();
    error_code write_output();
    void write_failed(const error_code& ec);
    void end(stream_end how, const error_code& code, std::string text);
    void shut() noexcept;

    transport_host& host_;
    stream_owner* owner_;                    // null once it has ended
    const endpoint& endpoint_;               // the host's
    std::shared_ptr<connector> connector_;   // null once the handshake is done, or it has ended
    std::unique_ptr<connected_socket> made_; // null before TCP is connected, and after the end
    connection_timings timings_;
    time_point tcp_connected_{};
    bool waits_for_room_ = false;
    bool proxy_answered_ = false; // or the server did
    std::size_t sent_ = 0;        // bytes of the engine's output that the socket has taken
    std::size_t before_ = 0;      // bytes of it that stand before the last record of requests
    bool record_pending_ = false; // that record has not been sent whole
};

} // namespace bandwidth::webrtc::detail
