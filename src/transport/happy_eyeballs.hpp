#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.hpp"

namespace bandwidth::webrtc::detail {

/// Where a host may be reached, best first.
using address_list = std::vector<boost::asio::ip::tcp::endpoint>;

/// "127.0.0.1:443", "[::1]:443".
std::string text_of(const boost::asio::ip::tcp::endpoint& address);

/// The addresses with their families alternating, each address once (RFC 8305, section 4). The first keeps
/// its place: getaddrinfo has sorted by RFC 6724, so its family is the one that is most likely to work, and
/// whatever is wrong with one family costs a single Connection Attempt Delay.
address_list interleave(const address_list& addresses);

/// Which address to try when: the "happy eyeballs" of RFC 8305, section 5. Sans-io: `next` tells what to do,
/// and is told how attempts end.
///
/// An attempt that neither connects nor fails is not waited for longer than the Connection Attempt Delay:
/// then the next address is tried beside it. An attempt that fails starts the next at once. The first that
/// connects wins, which is the caller's to see. The Resolution Delay of section 3 has no place here:
/// getaddrinfo gives both families in one response.
class happy_eyeballs {
public:
    /// The Connection Attempt Delay: "a recommended value for a default delay is 250 milliseconds".
    static constexpr std::chrono::milliseconds delay{250};

    enum class step : std::uint8_t {
        attempt, ///< start to connect to `address(index)`, and ask again
        wait,    ///< until `until`, or until an attempt ends
        give_up, ///< every address has failed: see `describe`
    };
    struct action {
        step what = step::wait;
        std::size_t index = 0;                ///< of the address to try
        time_point until = time_point::max(); ///< the latest time to ask again
    };

    /// Tries the addresses in the order given, which `name_cache` has made.
    explicit happy_eyeballs(const address_list& addresses)
        : addresses_(addresses), errors_(addresses_.size()) {}

    /// What to do now.
    action next(time_point now);
    /// The attempt with that index has failed.
    void failed(std::size_t index, const error_code& code, time_point now);

    const boost::asio::ip::tcp::endpoint& address(std::size_t index) const { return addresses_[index]; }
    /// Where that attempt has connected: the addresses that did worse, since they failed, or were tried before and
    /// have not responded yet.
    address_list passed_over(std::size_t winner) const;
    /// Whether an attempt failed for want of something on this machine (descriptors, memory, ports), which
    /// tells nothing of its address.
    bool out_of_resources() const noexcept;
    /// Each address that was tried, and what came of it, in at most `limit` bytes; for the rest there is a
    /// number.
    std::string describe(std::size_t limit = 200) const;

private:
    address_list addresses_;
    std::vector<error_code> errors_; // as long as addresses_
    std::size_t started_ = 0;
    std::size_t failed_ = 0;
    time_point next_at_ = time_point::min();
};

} // namespace bandwidth::webrtc::detail
