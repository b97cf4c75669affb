#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <chrono>
#include <cstdint>

#include "transport/happy_eyeballs.hpp"

namespace bandwidth::webrtc::detail {

/// For how long the response of a look-up is used. getaddrinfo does not tell the records' TTL, so these are
/// short enough for any that a service with failover by DNS has.
struct name_cache_settings {
    /// Addresses are used for this long.
    std::chrono::nanoseconds keep = std::chrono::seconds(30);
    /// From this age on, a dial that uses them has them looked up again beside it, so that a busy pool seldom
    /// waits for the name server.
    std::chrono::nanoseconds refresh_after = std::chrono::seconds(15);
    /// "No such host" (RFC 2308, section 5) is believed for this long: the next calls do not storm the name
    /// server, and a host that was just made known is found soon.
    std::chrono::nanoseconds keep_absent = std::chrono::seconds(5);
};

/// What a dial is told about its host.
struct name_answer {
    error_code code;           ///< why there are no addresses
    address_list addresses;    ///< best first
    std::uint64_t version = 0; ///< names this set of addresses to the cache
    bool cached = false;       ///< known before the dial asked
};

/// True for responses that tell that there is no such host; false for those that tell nothing.
bool is_absent(const error_code& code) noexcept;

/// What is known of one name, and whether it is time to look it up. Sans-io: one strand, the time is told.
///
/// At most one look-up is in flight, whatever number of dials wait for it. Failures other than "no such host"
/// are told to those that wait and are not kept; where there are addresses that are young enough, but in
/// doubt since none could be connected to, those are told in place of such a failure: a server may be back
/// before its name server is.
class name_cache {
public:
    explicit name_cache(const name_cache_settings& settings = {}) : settings_(settings) {}

    /// What may be used now; null when there is nothing, which has to be waited for.
    const name_answer* known(time_point now) const noexcept;
    /// Whether a dial at this time starts a look-up, be it for itself or for the dials to come.
    bool wants_look_up(time_point now) const noexcept;
    void look_up_began() noexcept { looking_up_ = true; }
    /// Takes what the name server said. The response for those that waited.
    name_answer look_up_ended(const error_code& code, const address_list& addresses, time_point now);

    /// No address of that version was of use: the next dial looks up anew first. An older version changes
    /// nothing.
    void all_failed(std::uint64_t version) noexcept;
    /// A connection to this address was made: it goes first, so that the dials that follow do not wait again
    /// for those that were tried before it (RFC 8305, section 4: used addresses before unused ones).
    void worked(const boost::asio::ip::tcp::endpoint& address);
    /// It accepted a connection and then was of no use: it goes last, so that the next dial tries another.
    void misbehaved(const boost::asio::ip::tcp::endpoint& address);

private:
    bool is_young(time_point now) const noexcept;

    name_cache_settings settings_;
    name_answer held_;
    time_point since_{};
    bool holds_ = false;
    bool in_doubt_ = false; // what is held
    bool looking_up_ = false;
    std::uint64_t versions_ = 0;
};

} // namespace bandwidth::webrtc::detail
