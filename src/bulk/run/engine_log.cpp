// What an engine notes of its calls.
#include "bulk/figures/units.hpp"
#include "bulk/report/exit_status.hpp"
#include "bulk/run/engine.hpp"

#include <algorithm>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds first_off_time = 100ms;
constexpr std::chrono::nanoseconds longest_off_time = 15s;
// Between the rounds of a clean-up.
constexpr std::chrono::nanoseconds pause_of_broken = 500ms;

// A name that was never found, and a certificate that is not trusted, will not be better by waiting.
engine::outlook outlook_of(const error_code& code, bool unreachable, bool ever_connected) {
    if (code == make_http_error(500))
        return engine::outlook::broken;
    const bool is_for_good =
        code == condition::tls_error || (code == errc::host_not_found && !ever_connected);
    return code == condition::retryable || (unreachable && !is_for_good) ? engine::outlook::away
                                                                         : engine::outlook::none;
}

} // namespace

bool engine::is_measured(const call_log::started_call& call) const noexcept {
    return stage_->kind == stage_kind::calls || call.intended >= stage_started_ + parts_.chosen.warm_up;
}

void engine::add_success(const call_log::started_call& call, const response_info& info) {
    const auto now = clock::now();
    off_time_ = {};
    live_.any_success.store(true, std::memory_order_relaxed);
    live_.last_success.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    if (is_cleaning())
        return;
    this_second(now).latency.add(now - call.intended);
    if (!is_measured(call))
        return;
    auto& record = this->record(call.kind);
    record.latency.add(now - call.intended);
    if (parts_.chosen.is_open_loop())
        record.call_time.add(now - call.started);
    record.add_info(info);
}

void engine::add_check(const call_log::started_call& call, const std::string& problem) {
    if (problem.empty() || is_cleaning())
        return;
    ++live_.mismatched;
    ++this_second(clock::now()).mismatched;
    record(call.kind).add_check(problem); // also in a warm-up: it is never right
}

void engine::skip(call_kind kind) {
    if (is_cleaning() || (before_ != nullptr && is_deletion(kind))) // the run before may have deleted it
        return;
    if (stage_->kind == stage_kind::calls || clock::now() >= stage_started_ + parts_.chosen.warm_up)
        ++record(kind).skipped;
}

void engine::add_failure(const call_log::started_call& call, const failure& failure) {
    const auto now = clock::now();
    const auto stats = parts_.work.stats();
    const bool ever_connected = stats.handshakes_full + stats.handshakes_resumed > 0;
    const bool unreachable = is_connection_failure(failure.code(), ever_connected);
    live_.last_failure = now.time_since_epoch().count();
    // A clean-up tries again what may work later, also where the service responds: it may be half started.
    const auto seen = outlook_of(failure.code(), unreachable, ever_connected);
    if (is_cleaning() ? seen == outlook::away : unreachable)
        keep_off(now);
    if (is_cleaning()) {
        outlook_ = std::max(outlook_, seen);
        if (first_clean_up_error_.empty())
            first_clean_up_error_ = printable(failure.describe());
        return;
    }
    ++live_.failed;
    ++this_second(now).failed;
    if (is_measured(call))
        record(call.kind).add_failure(failure);
    if (failure.delivery() == delivery::maybe_processed && is_creation(call.kind)) {
        ++unknown_creations_;
        if (parts_.journal != nullptr) {
            const auto kind = created_by(call.kind);
            check_journal(parts_.journal->unknown(kind, number_in_run(kind, call.item)));
        }
    }
    if (unreachable && !ever_connected)
        tell_fatal({fatal_problem::reason::no_connection, failure, {}});
    else if (failure.code() == condition::unauthorized && !live_.any_success)
        tell_fatal({fatal_problem::reason::refused, failure, {}});
}

// Of the many calls that fail together only the first makes the time longer.
void engine::keep_off(clock::time_point now) {
    if (now < off_until_)
        return;
    off_time_ = std::clamp<std::chrono::nanoseconds>(2 * off_time_, first_off_time, longest_off_time);
    off_until_ = now + off_time_;
}

void engine::created(thing_kind kind, std::size_t number, std::string_view id) {
    if (parts_.journal != nullptr)
        check_journal(parts_.journal->created(kind, number_in_run(kind, number), id));
}

void engine::deleted(thing_kind kind, std::size_t number) {
    if (parts_.journal == nullptr)
        return;
    const auto of_run = number_in_run(kind, number);
    check_journal(parts_.journal->deleted(kind, of_run));
    // That line takes back what is said of a creation before, whose result nobody knows.
    if (before_ != nullptr && before_->of(kind).unknown.contains(of_run))
        check_journal(parts_.journal->unknown(kind, of_run));
}

std::uint64_t engine::number_in_run(thing_kind kind, std::size_t number) const noexcept {
    const auto first = parts_.items.first;
    return number + (kind == thing_kind::participant ? first * parts_.chosen.participants : first);
}

// What is not in the journal would be lost with the process, so nothing more is created; deleting goes on.
void engine::check_journal(bool written) {
    if (!written && !is_cleaning())
        tell_fatal({fatal_problem::reason::journal, std::nullopt, parts_.journal->error().message()});
}

void engine::tell_fatal(fatal_problem problem) {
    // The run may think nothing of a problem with the service, and has to hear of any other all the same.
    if (std::exchange(problem.failure ? service_problem_told_ : fatal_told_, true))
        return;
    // With other threads the run decides, since they may fare better. A clean-up goes on with what can be deleted.
    if (parts_.chosen.threads == 1 && !is_cleaning())
        stop();
    parts_.on_fatal(problem);
}

void engine::tell_exception(const std::exception_ptr& error) {
    try {
        if (error)
            std::rethrow_exception(error);
    } catch (const std::exception& what) {
        tell_fatal({fatal_problem::reason::exception, std::nullopt, what.what()});
    }
}

engine::outlook engine::begin_round(bool first) {
    if (first) {
        off_until_ = {};
        off_time_ = {};
    }
    if (outlook_ == outlook::broken)
        off_until_ = clock::now() + pause_of_broken;
    return std::exchange(outlook_, outlook::none);
}

// ---- second by second ----

second_record& engine::this_second(clock::time_point now) {
    return series_.at(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch() + to_wall_));
}

void engine::schedule_sample() {
    const auto now = clock::now();
    const auto in_second = (now.time_since_epoch() + to_wall_) % 1s;
    sample_timer_.expires_at(now + (1s - in_second));
    sample_timer_.async_wait([this](error_code cancelled) {
        if (cancelled || !sampling_)
            return;
        sample(clock::now() - 100ms, true); // the timer comes a little after the end of the second
        schedule_sample();
    });
}

// Notes what the client has done since the last time in the second that this time is of.
void engine::sample(clock::time_point of, bool has_ended) {
    const auto second = std::chrono::floor<std::chrono::seconds>(of.time_since_epoch() + to_wall_);
    const auto stats = parts_.work.stats();
    auto& record = series_.at(second);
    record.retries += stats.retries - sampled_.retries;
    record.throttled += stats.retries_throttled - sampled_.retries_throttled;
    record.queue_wait_ns += stats.queue_wait_ns - sampled_.queue_wait_ns;
    record.dials += stats.dials - sampled_.dials;
    record.in_flight = live_.in_flight;
    record.queued = stats.queue_depth;
    sampled_ = stats;
    if (!has_ended)
        return;
    const std::lock_guard lock(seconds_mutex_);
    for (auto at = std::max(published_ + 1s, series_.first()); at <= second; ++at)
        if (seconds_wanted_)
            seconds_.at(at).add(series_.at(at));
    published_ = std::max(published_, second);
}

time_series engine::take_seconds() {
    const std::lock_guard lock(seconds_mutex_);
    seconds_wanted_ = true;
    return std::exchange(seconds_, time_series());
}

} // namespace bandwidth::webrtc::bulk
