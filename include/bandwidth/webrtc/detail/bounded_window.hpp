#pragma once

#include <cstddef>
#include <deque>
#include <vector>

namespace bandwidth::webrtc::detail {

/// In which order the results of `for_each_bounded` are told.
enum class bounded_order : unsigned char { as_they_come, of_the_range };

/// What `for_each_bounded` does next. Nothing in here knows a call, an executor or an item: a call is the
/// number of its place.
///
/// | state     | items may begin | left by                               |
/// |-----------|-----------------|---------------------------------------|
/// | beginning | yes             | `end`: the range has ended, or a stop |
/// | ending    | no              |                                       |
///
/// A place is taken from the beginning of a call until its result is told. So there are at most `limit`
/// places, also where results wait for an earlier one, and with them all that is kept is bounded.
class bounded_window {
public:
    enum class state : unsigned char { beginning, ending };
    enum class action : unsigned char {
        begin,    ///< the next item of the range
        tell,     ///< the next result
        wait,     ///< for a call to end
        complete, ///< no call is in flight, and none will begin
    };

    bounded_window(std::size_t limit, bounded_order order) noexcept : limit_(limit), order_(order) {}

    /// Results come before new calls, so that a stop that a result asks for keeps the next call from
    /// beginning.
    [[nodiscard]] action next() const noexcept {
        if (!ready_.empty())
            return action::tell;
        if (state_ == state::beginning && taken_ < limit_)
            return action::begin;
        return state_ == state::ending && taken_ == 0 ? action::complete : action::wait;
    }

    /// A call begins. Its place is below the number of places in use, or the next one.
    std::size_t begin() {
        std::size_t place = begun_;
        if (order_ == bounded_order::of_the_range) {
            place = begun_ % limit_;
            if (place == ended_.size())
                ended_.push_back(false);
        } else if (!free_.empty()) {
            place = free_.back();
            free_.pop_back();
        } else {
            place = taken_; // all places there are
        }
        ++begun_;
        ++taken_;
        return place;
    }
    /// The call of that place has ended.
    void call_ended(std::size_t place) {
        if (order_ == bounded_order::as_they_come) {
            ready_.push_back(place);
            return;
        }
        ended_[place] = true;
        for (; oldest_ < begun_ && ended_[oldest_ % limit_]; ++oldest_) {
            ended_[oldest_ % limit_] = false;
            ready_.push_back(oldest_ % limit_);
        }
    }
    /// The place whose result is told now; it is free from now on.
    std::size_t tell() {
        const auto place = ready_.front();
        ready_.pop_front();
        --taken_;
        if (order_ == bounded_order::as_they_come)
            free_.push_back(place);
        return place;
    }
    /// No more items begin.
    void end() noexcept { state_ = state::ending; }

private:
    std::size_t limit_;
    bounded_order order_;
    state state_ = state::beginning;
    std::size_t begun_ = 0;
    std::size_t taken_ = 0;
    std::size_t oldest_ = 0;        // of_the_range: the number of the call whose result is the next one
    std::vector<bool> ended_;       // of_the_range, by place: its result waits for an earlier one
    std::vector<std::size_t> free_; // as_they_come
    std::deque<std::size_t> ready_; // results that can be told, in their order
};

} // namespace bandwidth::webrtc::detail
