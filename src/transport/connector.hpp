#pragma once

#include <functional>
#include <memory>
#include <string>

#include "transport/dialler.hpp"
#include "transport/host.hpp"
#include "transport/stream.hpp"
#include "transport/tcp_options.hpp"
#include "transport/tls_engine.hpp"

namespace bandwidth::webrtc::detail {

/// A TLS connection whose handshake is done. What came behind the handshake is in the engine still.
struct established_stream {
    explicit established_stream(tcp_socket connected) : socket(std::move(connected)) {}

    tcp_socket socket;
    std::shared_ptr<tls_context> context; ///< outlives the engine
    std::unique_ptr<tls_engine> tls;
};

/// Makes one established stream: name look-up, TCP to the first address that accepts, TLS handshake.
///
/// | phase       | waits for                                    | is followed by |
/// |-------------|----------------------------------------------|--------------------------------------------|
/// | resolving   | the pool's `name_lookup`; skipped where the  | connecting; failure | |             | host
/// is an address                           |                                            | | connecting  | the
/// `dialler`                                | handshaking; resolving, once, where all    | |             | |
/// addresses failed that were known before    | |             | | the look-up; failure | | handshaking | the
/// server's side of the handshake           | the established stream; failure            |
///
/// It has no timeout of its own: who wants it no longer closes it.
class connector : public std::enable_shared_from_this<connector> {
public:
    struct outcome {
        std::unique_ptr<established_stream> stream; ///< null: it failed
        error_code code;
        std::string text;
    };
    /// Called once, in a cycle, never from inside of a call on the connector; not at all after `close`.
    using handler = std::function<void(outcome)>;

    /// \param owner  is told how many bytes go either way
    connector(transport_host& host, stream_owner& owner, const endpoint& endpoint);

    void start(handler done);
    /// Goes on with a handshake for which bytes may have arrived.
    void read_available();
    /// Gives up. Only where it took too long is what is known of the addresses in doubt.
    void close(close_reason why) noexcept;

    connect_phase phase() const noexcept { return phase_; }
    /// How far it has come, for the message of a timeout.
    std::string describe() const;

private:
    template <class Function>
    auto in_cycle(Function function);

    void look_up();
    void on_resolved(const name_answer& response);
    void connect(const address_list& addresses);
    void on_dialled(dialler::result&& result);
    void shake_hands(tcp_socket socket);
    void wait_for_input();
    void read(error_code ec);
    void step();
    error_code write_output();
    void write_failed(const error_code& why);
    void fail(const error_code& code, std::string text);
    void finish(outcome result);
    std::string with_earlier_errors(const std::string& more) const;

    transport_host& host_;
    stream_owner& owner_;
    endpoint endpoint_;
    handler done_; // empty once it has ended
    connect_phase phase_ = connect_phase::resolving;
    std::uint64_t ticket_ = 0;         // of the look-up that is waited for; 0: none
    bool cached_ = false;              // the addresses were known before this dial asked
    address_list tried_;               // addresses to which no connection could be made
    std::string errors_;               // of those
    std::shared_ptr<dialler> dialler_; // while it is at work
    boost::asio::ip::tcp::endpoint address_;
    std::unique_ptr<established_stream> stream_; // while it shakes hands
    bool waiting_ = false;                       // for input
    bool write_pending_ = false;                 // for room in the socket
};

} // namespace bandwidth::webrtc::detail
