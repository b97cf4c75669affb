#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "pool/counters.hpp"
#include "pool/timer_queue.hpp"
#include "transport/connection.hpp"

namespace bandwidth::webrtc::detail {

class dispatcher;

/// A connection as a member of its pool.
class member final : public connection_events, public timed {
public:
    explicit member(dispatcher& owner) noexcept : owner_(owner) {}

    void on_open(bool resumed) override;
    void on_received(std::size_t bytes) override;
    void on_sent(std::size_t bytes) override;
    void on_answer(exchange* owner, const response& answer) override;
    void on_closed(const close_info& info) override;
    void on_time(dispatcher& by) override;

    pipeline& requests() noexcept { return link->requests(); }
    bool is_open() const noexcept { return link->phase() == phase::open; }

    std::shared_ptr<connection> link;
    time_point dialled{};
    time_point opened{};
    time_point retire_at = time_point::max(); ///< takes no calls from then on
    time_point idle_since{};
    time_point head_since{};      ///< since when the head's answer is due
    time_point received_last{};   ///< when the last bytes came
    time_point seen_empty{};      ///< when all that had come was read the last time
    std::size_t answers_read = 0; ///< in the last turn that received something
    std::size_t drained = 0;      ///< bytes of the head's answer since nobody waits for it, about
    bool reserved = false;        ///< kept free of new calls until it is idle and can take an unsafe one
    bool retired = false;         ///< takes no more calls, counted as draining
    bool staged = false;          ///< something was, and has not been flushed by a turn's end
    time_point staged_since{};    ///< only with `staged`
    bool touched = false;         ///< `staged`, and something happened to it in this turn
    std::chrono::nanoseconds round_trip{0}; ///< on the network, when it was opened; 0: not known
    bool has_answered = false;
    bool ended_well = false; ///< it served, and ends by agreement or by age
    bool rests = false;      ///< idle for a while, its buffers released
    bool suspect = false;    ///< the head's answer is late: takes no calls until it has come
    std::chrono::nanoseconds idle_limit{0};
    bool counted_idle = false;     ///< in the statistics
    counter* closed_for = nullptr; ///< in the statistics: why it ends

    // Kept by connection_set.
    std::size_t shelf = 0;
    member* previous = nullptr;
    member* next = nullptr;
    std::size_t index = 0;

private:
    dispatcher& owner_;
};

/// The members of a pool, shelved by how much they have in flight, so that choosing one costs the same for
/// one connection and for a thousand.
///
/// Shelf 0 holds the idle ones, shelf n those with n requests in flight that take one more, the last shelf
/// the idle ones that are reserved; the rest (connecting, full, exclusive, probing, closing) stand on no
/// shelf.
class connection_set {
public:
    explicit connection_set(std::size_t depth);
    ~connection_set();

    member& add(dispatcher& owner);
    /// Destroys it.
    void remove(member& value) noexcept;
    /// Puts it where it belongs now; the most recently used idle one stands first.
    void file(member& value) noexcept;

    /// The idle connection that was used last: the others may age out. Null when there is none.
    member* idle() const noexcept { return shelves_.front(); }
    /// An idle one that is reserved for unsafe calls.
    member* reserved_idle() const noexcept { return shelves_.back(); }
    /// The one with the least in flight that takes another safe or idempotent request, idle ones first.
    member* shallowest() const noexcept;

    std::size_t size() const noexcept { return members_.size(); }
    const std::vector<std::unique_ptr<member>>& all() const noexcept { return members_; }

private:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    void take_off(member& value) noexcept;

    std::vector<member*> shelves_;
    std::vector<std::unique_ptr<member>> members_;
};

} // namespace bandwidth::webrtc::detail
