#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include "loopback/posted_event.hpp"

namespace bandwidth::webrtc::testing::detail {

/// Posts events to the URLs that clients have named, one event after the other, so that they arrive in the
/// order in which they happened. Each has one attempt at its URL, and one at its fallback URL when the first
/// got no 2xx. So many events wait at most; one that finds them all waiting is dropped, and those keep their order.
/// `post` and the counts may be used from any thread, `close` on the executor alone, which must
/// be a strand.
class event_poster : public std::enable_shared_from_this<event_poster> {
public:
    /// \throws std::runtime_error when the certificate to trust cannot be read
    event_poster(boost::asio::any_io_executor executor, const loopback_options& options);

    void post(posted_event event);
    /// Ends the attempt that is under way, and forgets what waits.
    void close();

    static constexpr std::size_t most_waiting = 10'000;

    std::uint64_t delivered() const noexcept { return delivered_.load(std::memory_order_relaxed); }
    std::uint64_t failed_posts() const noexcept { return failed_posts_.load(std::memory_order_relaxed); }
    std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

private:
    /// One look-up of a name, and who waits for it. It may end long after nobody does.
    struct name_search {
        name_search(const boost::asio::any_io_executor& executor,
                    std::chrono::steady_clock::time_point deadline)
            : waits(executor, deadline) {}

        boost::asio::steady_timer waits;
        boost::asio::ip::tcp::resolver::results_type found;
    };

    void enqueue(posted_event event);
    /// \param self  keeps it alive to the end
    static boost::asio::awaitable<void> deliver_queue(std::shared_ptr<event_poster> self);
    boost::asio::awaitable<bool> try_to_post(const std::string& url, const std::string& body);
    boost::asio::awaitable<bool> post_to(const std::string& url, const std::string& body);
    boost::asio::awaitable<std::vector<boost::asio::ip::tcp::endpoint>> look_up(
        const std::string& host, const std::string& port, std::chrono::steady_clock::time_point deadline);
    bool is_allowed(const std::string& host) const;

    const boost::asio::any_io_executor executor_;
    const bool to_any_host_;
    const std::chrono::nanoseconds timeout_;
    boost::asio::ssl::context tls_;
    boost::asio::ip::tcp::resolver resolver_;
    std::shared_ptr<name_search> search_;            // of the attempt that is under way
    std::optional<boost::beast::tcp_stream> stream_; // of the attempt that is under way
    std::deque<posted_event> queue_;
    bool delivering_ = false;
    bool closed_ = false;
    std::atomic<std::uint64_t> delivered_{0};
    std::atomic<std::uint64_t> failed_posts_{0};
    std::atomic<std::uint64_t> dropped_{0};
};

} // namespace bandwidth::webrtc::testing::detail
