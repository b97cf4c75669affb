#include "policy/origin_pacer.hpp"

namespace bandwidth::webrtc::detail {

void origin_pacer::advance(time_point now, std::size_t in_flight) noexcept {
    if (!is_closed() || now < opens_at_)
        return;
    state_ = state::probing;
    window_ = 1;
    earlier_ = in_flight;
}

void origin_pacer::close(time_point until, time_point now) noexcept {
    state_ = state::closed;
    closed_at_ = now;
    opens_at_ = until;
}

bool origin_pacer::limited(time_point sent, std::optional<std::chrono::nanoseconds> asked,
                           std::chrono::nanoseconds pause, time_point now) noexcept {
    const auto until = now + asked.value_or(pause);
    if (!is_open() && sent <= closed_at_) { // one of the flight that has met the limit
        if (!asked || until <= opens_at_)
            return false;
        if (is_closed()) {
            opens_at_ = until;
            return false;
        }
        if (state_ == state::recovering)
            next_ = window_;
        close(until, now);
        return false;
    }
    if (is_open())
        next_ = 1;
    else if (state_ == state::recovering)
        next_ = std::max<std::size_t>(1, window_ / 2);
    closings_ = std::min(closings_ + 1, most_closings_counted);
    close(until, now);
    return true;
}

void origin_pacer::ended(time_point sent) noexcept {
    if (!is_open() && sent <= closed_at_)
        earlier_ -= std::min<std::size_t>(earlier_, 1);
}

void origin_pacer::responded(time_point sent) noexcept {
    if (is_open() || is_closed() || sent <= closed_at_)
        return;
    closings_ = 0;
    if (state_ == state::probing) {
        state_ = state::recovering;
        window_ = next_;
        responses_ = 0;
    } else if (++responses_ >= window_) {
        ++window_;
        responses_ = 0;
    }
    if (window_ >= most_)
        state_ = state::open;
}

} // namespace bandwidth::webrtc::detail
