#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "transport/happy_eyeballs.hpp"
#include "transport/serial_executor.hpp"
#include "transport/tcp_options.hpp"

namespace bandwidth::webrtc::detail {

/// Connects to the first of several addresses that accepts: `happy_eyeballs` with sockets and a clock.
///
/// All runs on one strand. The sockets of the attempts that lost are closed before the winner is handed on.
/// Of the timer there is one for each dial that has a second address to try, beside the pool's: dials are
/// rare, and only here is there something to do between two turns.
class dialler : public std::enable_shared_from_this<dialler> {
public:
    using executor_type = serial_executor;
    struct result {
        std::optional<tcp_socket> socket;       ///< connected; none when every address has failed
        boost::asio::ip::tcp::endpoint address; ///< of the socket
        std::string errors;                     ///< each address that failed, and why
        bool out_of_resources = false;          ///< it failed by this machine
    };
    using handler = std::function<void(result&&)>;

    /// Starts to connect. `done` is called once on the strand, never from inside of a call on the dialler,
    /// and destroyed then; not at all after `cancel`.
    /// \throws std::bad_alloc and `done` is destroyed.
    static std::shared_ptr<dialler> start(const executor_type& executor, const address_list& addresses,
                                          handler done);
    /// Closes every socket and forgets the handler.
    void cancel() noexcept;
    /// Each address that was tried so far, and what came of it.
    std::string describe() const { return plan_.describe_all(); }

    dialler(const dialler&) = delete;
    dialler& operator=(const dialler&) = delete;

private:
    dialler(const executor_type& executor, const address_list& addresses, handler done);

    void begin();
    void go_on();
    void go_on_or_fail() noexcept;
    void attempt(std::size_t index);
    void on_attempt(std::size_t index, const error_code& ec);
    void wait(time_point until);
    void finish(result outcome);

    happy_eyeballs plan_;
    std::deque<tcp_socket> attempts_; // one for each address that was tried
    executor_type executor_;
    boost::asio::steady_timer timer_;
    handler done_;
};

} // namespace bandwidth::webrtc::detail
