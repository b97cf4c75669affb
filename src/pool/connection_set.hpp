#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "pool/counters.hpp"
#include "pool/pooled_connection.hpp"

namespace bandwidth::webrtc::detail {

/// The connections of a pool, in buckets by how much they have in flight, so that choosing one costs the
/// same for one connection and for a thousand. A connection changes its state, its bucket and the gauges
/// that count it only in this class.
///
/// Bucket 0 holds the idle connections, bucket n those with n requests in flight that take one more, and the
/// last bucket the reserved ones, which are idle. All others are in no bucket. In each bucket the connection
/// that was used last stands first.
class connection_set {
public:
    using state = pooled_connection::state;

    connection_set(std::size_t depth, counters& statistics);
    ~connection_set();

    pooled_connection& add(scheduler& owner, std::size_t depth, const response_limits& limits);
    void set_state(pooled_connection& value, state to) noexcept;
    /// Something has happened to its requests, from which its state follows among idle, confirming and busy,
    /// and among reserving and reserved.
    void update(pooled_connection& value) noexcept;
    /// Destroys those that are closed.
    void sweep() noexcept;

    /// The idle connection that was used last: the others may age out. Null where there is none.
    pooled_connection* idle() noexcept { return first(0); }
    /// An idle one that is kept for exclusive calls.
    pooled_connection* reserved() noexcept { return first(buckets_.size() - 1); }
    /// The one with the least in flight that takes another safe or idempotent request, idle ones first.
    pooled_connection* shallowest() noexcept;

    /// Those that are not closed.
    std::size_t size() const noexcept { return connections_.size(); }
    std::size_t connecting() const noexcept { return counters_.connections_connecting; }
    /// Reserving and reserved ones.
    std::size_t reservations() const noexcept { return reservations_; }
    const std::vector<std::unique_ptr<pooled_connection>>& all() const noexcept { return connections_; }

private:
    using bucket = boost::intrusive::list<pooled_connection, boost::intrusive::constant_time_size<false>>;
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    pooled_connection* first(std::size_t index) noexcept {
        return buckets_[index].empty() ? nullptr : &buckets_[index].front();
    }
    std::size_t bucket_for(const pooled_connection& value) const noexcept;
    void put_in_bucket(pooled_connection& value) noexcept;
    void count(state of, int by) noexcept;

    std::vector<bucket> buckets_;
    std::vector<std::unique_ptr<pooled_connection>> connections_;
    std::vector<std::unique_ptr<pooled_connection>> closed_;
    counters& counters_;
    std::size_t reservations_ = 0;
};

} // namespace bandwidth::webrtc::detail
