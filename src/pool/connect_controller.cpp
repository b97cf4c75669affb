#include "pool/connect_controller.hpp"

#include <algorithm>
#include <utility>

#include "policy/backoff.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr int most_failures_counted = 20;
// After connections that were established the pause stays shorter, since there is a server.
constexpr int most_unanswered_counted = 3;
constexpr int most_unanswered = 8;

} // namespace

std::size_t how_many_to_connect(const connect_demand& demand) noexcept {
    const auto over = [](std::size_t one, std::size_t other) { return one > other ? one - other : 0; };
    const auto wanted =
        std::max(over(demand.waiting, demand.connecting), over(demand.least, demand.connections));
    const auto room = over(demand.most, demand.connections);
    const auto at_once = demand.failing ? over(1, demand.connecting) : room;
    return std::min({wanted, room, at_once});
}

void connect_controller::failed(time_point began, bool unanswered, time_point now, double chance) {
    if (began < last_failure_)
        return; // it was under way together with the last one that counted
    last_failure_ = now;
    failures_ = std::min(failures_ + 1, most_failures_counted);
    not_before_ =
        now + dial_backoff(unanswered ? std::min(failures_, most_unanswered_counted) : failures_, chance);
}

void connect_controller::set_last_error(const error_code& code, std::string_view text) {
    last_code_ = code;
    last_text_ = "the last connection could not be made: ";
    last_text_.append(code.message()).append(text.empty() ? "" : ": ").append(text);
}

void connect_controller::responded() noexcept {
    forget_failures();
    last_text_.clear();
}

void connect_controller::forget_failures() noexcept {
    failures_ = unanswered_in_row_ = 0;
    not_before_ = {};
}

bool connect_controller::too_many_unanswered() noexcept { return ++unanswered_in_row_ >= most_unanswered; }

void connect_controller::ended_well(std::size_t most) noexcept {
    confirmations_ = std::min(confirmations_ + 1, most);
}

void connect_controller::lost(time_point now) noexcept {
    confirmations_ = 0;
    must_confirm_ = true;
    lost_at_ = now;
}

void connect_controller::confirmed(time_point opened) noexcept {
    if (opened >= lost_at_)
        must_confirm_ = false;
}

bool connect_controller::take_confirmation() noexcept {
    if (must_confirm_ || confirmations_ == 0)
        return false;
    --confirmations_;
    return true;
}

} // namespace bandwidth::webrtc::detail
