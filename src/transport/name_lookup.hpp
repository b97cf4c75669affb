#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "transport/happy_eyeballs.hpp"
#include "transport/serialized_executor.hpp"

namespace bandwidth::webrtc::detail {

/// Where names are looked up: the system's resolver, or what a test puts in its place. Calls `done` once, on
/// any thread and at any time. Throws where it cannot even start.
using name_handler = std::function<void(const error_code&, const address_list&)>;
using name_resolver =
    std::function<void(const std::string& host, const std::string& port, name_handler done)>;

/// How a pool looks up its host, and for how long it uses the result. getaddrinfo does not tell the records'
/// TTL, so that is short enough for any that a service with failover by DNS has.
struct name_settings {
    name_resolver resolver; ///< empty: the system's
    std::chrono::nanoseconds keep = std::chrono::seconds(30);
    /// "No such host" (RFC 2308, section 5) is believed for this long: the next calls do not storm the name
    /// server, and a host that was just made known is found soon.
    std::chrono::nanoseconds keep_absent = std::chrono::seconds(5);
    /// Of each shard another number, so that the shards do not all begin with the same address.
    std::size_t first_dial = 0;
};

/// What a dial is told about its host.
struct name_answer {
    error_code code;           ///< why there are no addresses
    address_list addresses;    ///< best first
    std::uint64_t version = 0; ///< counts the look-ups whose results were kept
    bool cached = false;       ///< known before the dial asked
};

/// True for responses that tell that there is no such host; false for those that tell nothing.
bool is_absent(const error_code& code) noexcept;

/// What is known of one name, and in which order each dial tries its addresses. Sans-io: the time is told.
///
/// The dials take turns, so that the connections of a pool spread over the addresses of its host:
///
/// - Addresses without a failure come first. Their families alternate (RFC 8305, section 4), beginning with that
///   of the first address in the name server's response, or with the other one where all of that have failed.
/// - Within a family each dial begins with another address than the one before, and where an address fails,
///   the others stand in for it evenly.
/// - Addresses with a failure come last: no connection to them could be made while one to another address could,
///   or theirs was of no use.
/// - A failure is forgiven when a connection is made, with the next look-up, and when no address without one
///   would be left. But a family of which every address has failed stays behind the other with each look-up: where
///   a network has no IPv6 that works, this costs the Connection Attempt Delay once.
class name_cache {
public:
    explicit name_cache(const name_settings& settings = {})
        : keep_(settings.keep), keep_absent_(settings.keep_absent), dials_(settings.first_dial) {}

    /// Whether a dial can be told something without a look-up.
    bool known(time_point now) const noexcept { return now < until_; }
    /// What a dial is told. Each has an order of its own.
    name_answer next_dial(bool cached);

    /// Takes what the name server said. True: those that waited are told by `next_dial`. False: nothing is known
    /// but this failure. A failure other than "no such host" is not kept, and where there are addresses,
    /// however old, those are told in its place: the server may be there though its name server is not.
    bool look_up_ended(const error_code& code, const address_list& addresses, time_point now);

    /// No address of that version was of use: the next dial looks up anew first.
    void all_failed(std::uint64_t version) noexcept {
        if (version == version_)
            until_ = time_point::min();
    }
    /// A connection to this address was made.
    void worked(const boost::asio::ip::tcp::endpoint& address);
    /// Another address could be connected to and this one could not, or it accepted a connection and then was of
    /// no use.
    void failed(const boost::asio::ip::tcp::endpoint& address);

private:
    struct known_address {
        boost::asio::ip::tcp::endpoint address;
        bool failed = false;
    };

    void merge(const address_list& addresses);
    known_address* find(const boost::asio::ip::tcp::endpoint& address) noexcept;
    bool none_without_failure() const noexcept;

    std::chrono::nanoseconds keep_;
    std::chrono::nanoseconds keep_absent_;
    error_code code_;                  // why there are no addresses
    std::vector<known_address> known_; // one family behind the other
    std::uint64_t version_ = 0;
    time_point until_ = time_point::min(); // what is known is used without asking
    std::size_t dials_;
};

/// The look-ups of one pool, which all its dials share: `name_cache` with a resolver and a clock.
///
/// A look-up blocks a thread and cannot be cancelled. So there is one at a time, whatever number of dials wait
/// for it; those leave on their own, by `forget`; and what comes late is kept for the dials to come. A look-up
/// in flight keeps nothing alive, and is no work for the execution context.
class name_lookup : public std::enable_shared_from_this<name_lookup> {
public:
    using handler = std::function<void(const name_answer&)>;

    name_lookup(const serialized_executor& executor, std::string host, std::string port,
                const name_settings& settings);
    ~name_lookup() { abandon(); }

    /// `told` is called once on the executor, never from inside of this function, and destroyed then. Returns
    /// what `forget` wants: who waits for a look-up is not told any more.
    std::uint64_t ask(handler told);
    void forget(std::uint64_t ticket) { waiting_.erase(ticket); }
    /// The execution context is going. When this returns, no other thread uses it any more.
    void abandon() noexcept;

    name_cache& cache() noexcept { return cache_; }

private:
    struct return_path;
    void look_up();
    void ended(const error_code& code, const address_list& addresses);

    serialized_executor executor_;
    std::string host_;
    std::string port_;
    name_resolver resolver_;
    std::shared_ptr<return_path> path_; // of the look-ups, which may outlive this
    name_cache cache_;
    std::map<std::uint64_t, handler> waiting_;
    std::uint64_t tickets_ = 0;
    bool looking_up_ = false;
};

} // namespace bandwidth::webrtc::detail
