#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "transport/happy_eyeballs.hpp"
#include "transport/serialized_executor.hpp"
#include "transport/tcp_options.hpp"

namespace bandwidth::webrtc::detail {

/// Connects to the first of several addresses that accepts: `happy_eyeballs` with sockets and a clock.
///
/// All runs on one executor. The sockets of the attempts that lost are closed before the winner is handed on.
/// Each dial that has a second address to try has a timer of its own beside the pool's: dials are rare, and
/// only here is there something to do between two cycles.
class dialler : public std::enable_shared_from_this<dialler> {
public:
    struct result {
        std::optional<tcp_socket> socket;       ///< connected; none when every address has failed
        boost::asio::ip::tcp::endpoint address; ///< of the socket
        address_list passed_over;               ///< addresses that did worse; see `happy_eyeballs`
        std::string errors;                     ///< where there is none: each address, and why
        bool out_of_resources = false;          ///< it failed by this machine
    };
    using handler = std::function<void(result&&)>;

    /// Starts to connect. `done` is called once on the executor, never from inside of a call on the dialler,
    /// and destroyed then; not at all after `cancel`.
    static std::shared_ptr<dialler> start(const serialized_executor& executor, const address_list& addresses,
                                          handler done);
    /// Closes every socket and forgets the handler.
    void cancel() noexcept;
    /// Each address that was tried so far, and what came of it.
    std::string describe() const { return plan_.describe(); }

    dialler(const dialler&) = delete;
    dialler& operator=(const dialler&) = delete;

private:
    using timer = boost::asio::basic_waitable_timer<
        std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, serialized_executor>;

    dialler(const serialized_executor& executor, const address_list& addresses, handler done)
        : plan_(addresses), executor_(executor), timer_(executor), done_(std::move(done)) {}

    void go_on();
    void attempt(std::size_t index);
    void on_attempt(std::size_t index, const error_code& ec);
    void finish(result outcome);

    happy_eyeballs plan_;
    std::deque<tcp_socket> attempts_; // one for each address that was tried
    serialized_executor executor_;
    timer timer_;
    handler done_;
};

} // namespace bandwidth::webrtc::detail
