#pragma once

#include <memory>
#include <string>

#include "transport/connector.hpp"
#include "transport/host.hpp"
#include "transport/stream.hpp"

namespace bandwidth::webrtc::detail {

/// A stream over TCP and TLS: a `connector`, and then what moves bytes between the socket, the TLS engine and
/// the owner.
///
/// Reading: it always waits for something to read, on an idle connection too, so that a server that closes is
/// seen at once. It only waits, without a buffer: what has arrived lies in the socket until it is read on the
/// strand, and not in a completion that has yet to run. Only so can `read_available` tell whether anything
/// had arrived before a request was sent. Reading takes everything there is.
///
/// Writing: a plain non-blocking send of one TLS record at a time, the next only when the socket has taken it
/// whole, so that it is known to the record what the server can have seen. Only when the socket is full is
/// there a wait for room. A write that fails ends the stream at once, after what had arrived was read.
/// Neither reading nor writing is ever cancelled for the sake of one request, since a TLS record that was
/// written in part is the end of the connection.
class tls_stream final : public stream, public std::enable_shared_from_this<tls_stream> {
public:
    tls_stream(transport_host& host, stream_owner& owner, const endpoint& endpoint);

    void connect() override;
    void flush() override;
    void read_available() override;
    void release_buffers() noexcept override;
    void close(close_reason why) noexcept override;
    connect_phase connecting_phase() const noexcept override { return connector_->phase(); }
    std::string describe_connecting() const override { return connector_->describe(); }

private:
    template <class Function>
    auto in_cycle(Function function);

    void on_connected(connector::outcome result);
    void wait_for_input();
    void read(error_code ec);
    void decrypt();
    void send();
    void write_failed(const error_code& ec);
    void end(stream_end how, const error_code& code, std::string text);
    void shut() noexcept;

    transport_host& host_;
    stream_owner* owner_;                      // null once it has ended
    std::shared_ptr<connector> connector_;     // null once it is established, or has ended
    std::unique_ptr<established_stream> made_; // null before, and after the end
    bool waits_for_input_ = false;
    bool waits_for_room_ = false;
    std::size_t sent_ = 0;        // bytes of the engine's output that the socket has taken
    std::size_t before_ = 0;      // bytes of it that stand before the last record of requests
    bool record_pending_ = false; // that record has not been sent whole
};

} // namespace bandwidth::webrtc::detail
