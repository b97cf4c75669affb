#include "bulk/run/engine.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <limits>
#include <stdexcept>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace asio = boost::asio;

namespace {

constexpr auto time_without_call = std::chrono::milliseconds(5);

} // namespace

engine::engine(parts made_of)
    : parts_(std::move(made_of))
    , calls_(parts_.work.calls())
    , random_(std::random_device{}())
    , arrival_timer_(parts_.context)
    , sample_timer_(parts_.context)
    , to_wall_(std::chrono::system_clock::now().time_since_epoch() - clock::now().time_since_epoch()) {
    live_.last_success = clock::now().time_since_epoch().count();
    lives_.planned = parts_.chosen.shape == load_shape::lives ? parts_.items.count : 0;
}

const job_call& engine::call(call_kind kind) const {
    const auto found =
        std::find_if(calls_.begin(), calls_.end(), [&](const job_call& one) { return one.kind == kind; });
    if (found == calls_.end())
        throw std::invalid_argument(std::string(to_string(kind)) + " is of the other API");
    return *found;
}

std::optional<std::size_t> engine::items_of(const stage& stage) const {
    if (stage.kind == stage_kind::mix)
        return std::nullopt;
    if (stage.kind == stage_kind::lives)
        return parts_.items.count;
    const auto& made = call(stage.calls.front());
    // What is one for all is made by the first of the threads.
    return made.each == 0 && parts_.index > 0 ? 0 : made.items;
}

// ---- from the outside ----

void engine::start(const stage& stage, std::function<void()> done) {
    stage_ = &stage;
    done_ = std::move(done);
    stage_started_ = clock::now();
    next_ = 0;
    live_.done = 0;
    if (is_cleaning() && work_ == work_state::stopped)
        work_ = work_state::allowed;
    if (stage.kind == stage_kind::mix)
        busy_.assign(parts_.items.count, false);
    sampling_ = true;
    schedule_sample();
    // This function counts as one of the stage's coroutines, so that the stage does not end before all are there.
    running_ = 1;
    run_callers();
    end_one();
}

void engine::stop() {
    if (work_ == work_state::given_up)
        return;
    work_ = work_state::stopped;
    arrival_timer_.cancel();
    for (auto& one : callers_)
        one.pause_timer.cancel();
}

void engine::cancel_flight() {
    for (auto& one : callers_)
        if (one.running)
            one.cancel.emit(asio::cancellation_type::terminal);
}

void engine::give_up() {
    stop();
    work_ = work_state::given_up;
    parts_.work.close(); // ends every call under way
}

void engine::continue_run(const journal_contents& before) {
    before_ = &before;
    complete_before_.assign(parts_.items.count, false);
    const auto& lives = before.complete_lives;
    for (auto life = lives.lower_bound(parts_.items.first);
         life != lives.end() && *life < parts_.items.first + parts_.items.count; ++life) {
        complete_before_[static_cast<std::size_t>(*life - parts_.items.first)] = true;
        ++lives_.complete_before;
    }
}

// ---- the callers of a stage ----

void engine::run_callers() {
    const auto& chosen = parts_.chosen;
    if (parts_.items.count == 0)
        return;
    callers_at_most_ = share_of(chosen.concurrent_items(), shard{parts_.index + 1, chosen.threads}).count;
    if (stage_->kind == stage_kind::mix)
        callers_at_most_ = std::min(callers_at_most_, parts_.items.count);
    if (chosen.is_open_loop() && !is_cleaning()) {
        ++running_;
        asio::co_spawn(parts_.context, arrive(), [this](std::exception_ptr error) {
            tell_exception(error);
            end_one();
        });
        return;
    }
    const auto items = items_of(*stage_);
    const auto count = items ? std::min(*items, callers_at_most_) : callers_at_most_;
    for (std::size_t number = 0; number < count; ++number) {
        const auto begin_after = is_cleaning() ? std::chrono::nanoseconds(0)
                                               : chosen.ramp / static_cast<std::int64_t>(count) *
                                                     static_cast<std::int64_t>(number);
        auto& one = free_caller();
        one.waits_to_begin = begin_after.count() > 0;
        spawn(one, call_repeatedly(one, begin_after));
    }
}

caller& engine::free_caller() {
    if (free_.empty())
        return callers_.emplace_back(parts_.context, *this);
    auto& one = *free_.back();
    free_.pop_back();
    return one;
}

void engine::spawn(caller& one, asio::awaitable<void> work) {
    ++running_;
    one.running = true;
    auto done = [this, &one](std::exception_ptr error) {
        tell_exception(error);
        one.running = false;
        free_.push_back(&one);
        if (waits_for_caller_)
            arrival_timer_.cancel();
        end_one();
    };
    asio::co_spawn(parts_.context, std::move(work), asio::bind_cancellation_slot(one.cancel.slot(), done));
}

// Nothing is left for them.
void engine::end_waits_to_begin() {
    for (auto& one : callers_)
        if (std::exchange(one.waits_to_begin, false))
            one.pause_timer.cancel();
}

void engine::end_one() {
    if (--running_ > 0)
        return;
    if (stage_->kind == stage_kind::lives && stage_->limit.count() > 0)
        lives_.planned = next_; // how many there were to be was a matter of time
    if (!is_cleaning()) {
        auto time = std::chrono::nanoseconds(clock::now() - stage_started_);
        if (stage_->kind != stage_kind::calls)
            time -= std::min(time, parts_.chosen.warm_up);
        const auto add_time = [&](call_kind kind) { record(kind).time += time; };
        std::for_each(stage_->calls.begin(), stage_->calls.end(), add_time);
        for (const auto& one : stage_->mix)
            add_time(one.kind);
    }
    // Between stages others look at the series.
    sampling_ = false;
    sample_timer_.cancel();
    sample(clock::now(), false);
    std::exchange(done_, nullptr)();
}

asio::awaitable<void> engine::call_repeatedly(caller& one, std::chrono::nanoseconds begin_after) {
    // A call that was cancelled is a failed call: what comes behind it has to be done all the same.
    co_await asio::this_coro::throw_if_cancelled(false);
    if (one.waits_to_begin)
        co_await pause(one, std::min(stage_started_ + begin_after, end_of_stage()));
    one.waits_to_begin = false;
    for (;;) {
        while (may_go_on() && clock::now() < std::min(off_until_, end_of_stage()))
            co_await pause(one, std::min(off_until_, end_of_stage()));
        const auto item = take();
        if (!item) {
            end_waits_to_begin();
            co_return;
        }
        one.begin(std::nullopt);
        co_await make_item(one, *item);
        // Whoever has skipped all calls has not waited for anything, and would keep the thread for itself. In a mix
        // it would do so again and again.
        if (!one.has_called && stage_->kind == stage_kind::mix)
            co_await pause(one, clock::now() + time_without_call);
        else if (!one.has_called)
            co_await asio::post(parts_.context, asio::use_awaitable);
    }
}

asio::awaitable<void> engine::arrive() {
    const auto& chosen = parts_.chosen;
    arrivals schedule(chosen.rate / static_cast<double>(chosen.part.count), chosen.process, chosen.ramp,
                      parts_.index, chosen.threads, random_());
    for (;;) {
        const auto intended = stage_started_ + schedule.next();
        if (intended >= end_of_stage())
            co_return;
        error_code cancelled;
        if (intended > clock::now() && may_go_on()) {
            arrival_timer_.expires_at(intended);
            co_await arrival_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        }
        while (may_go_on() && callers_.size() - free_.size() >= callers_at_most_) {
            waits_for_caller_ = true;
            arrival_timer_.expires_at(clock::time_point::max());
            co_await arrival_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
            waits_for_caller_ = false;
        }
        const auto item = take();
        if (!item) {
            // What was due by now and did not begin would make the service look faster than it was.
            const auto due = std::min(clock::now(), end_of_stage());
            const auto items = items_of(*stage_);
            auto left = items ? *items - next_ : std::numeric_limits<std::size_t>::max();
            for (auto missed = intended; missed < due && left > 0;
                 missed = stage_started_ + schedule.next()) {
                ++not_begun_;
                --left;
            }
            co_return;
        }
        auto& one = free_caller();
        spawn(one, call_once(one, *item, intended));
    }
}

asio::awaitable<void> engine::call_once(caller& one, std::size_t item, clock::time_point intended) {
    co_await asio::this_coro::throw_if_cancelled(false);
    one.begin(intended);
    co_await make_item(one, item);
}

// Counts an item, also where an exception ends it.
class engine::item_under_way {
public:
    item_under_way(engine& owner, std::size_t item) : owner_(owner), item_(item) { ++owner.live_.in_flight; }
    item_under_way(const item_under_way&) = delete;
    item_under_way& operator=(const item_under_way&) = delete;
    ~item_under_way() {
        if (owner_.stage_->kind == stage_kind::mix)
            owner_.busy_[item_] = false;
        --owner_.live_.in_flight;
        ++owner_.live_.done;
    }

private:
    engine& owner_;
    std::size_t item_;
};

asio::awaitable<void> engine::make_item(caller& one, std::size_t item) {
    const item_under_way under_way(*this, item);
    switch (stage_->kind) {
    case stage_kind::lives:
        co_await live(one, item);
        break;
    case stage_kind::mix:
        co_await make_one_of_mix(one, item);
        break;
    case stage_kind::calls:
    case stage_kind::clean_up:
        co_await call(stage_->calls.front()).make(item, one);
    }
}

asio::awaitable<void> engine::live(caller& one, std::size_t number) {
    bool first = true;
    for (const auto kind : stage_->calls) {
        const auto& made = call(kind);
        for (std::size_t of_life = 0; of_life < made.each; ++of_life) {
            const auto& chosen = parts_.chosen;
            if (!std::exchange(first, false) && chosen.think_max.count() > 0) {
                std::uniform_int_distribution<std::int64_t> think(chosen.think_min.count(),
                                                                  chosen.think_max.count());
                co_await pause(one, clock::now() + std::chrono::nanoseconds(think(random_)));
            }
            if (!may_go_on())
                co_return;
            co_await made.make(number * made.each + of_life, one);
        }
    }
    if (!one.all_went_well) {
        ++lives_.failed;
        co_return;
    }
    ++lives_.complete;
    if (parts_.journal != nullptr)
        check_journal(parts_.journal->life(parts_.items.first + number));
}

asio::awaitable<void> engine::make_one_of_mix(caller& one, std::size_t number) {
    double all = 0;
    for (const auto& weighted : stage_->mix)
        all += weighted.weight;
    auto at = std::uniform_real_distribution<double>(0, all)(random_);
    auto kind = stage_->mix.back().kind;
    for (const auto& weighted : stage_->mix) {
        at -= weighted.weight;
        if (at < 0) {
            kind = weighted.kind;
            break;
        }
    }
    const auto& made = call(kind);
    const auto of_item = std::uniform_int_distribution<std::size_t>(0, made.each - 1)(random_);
    co_await made.make(number * made.each + of_item, one);
}

asio::awaitable<void> engine::pause(caller& one, clock::time_point until) {
    if (!may_go_on()) // `stop` ends the pauses that have begun
        co_return;
    error_code cancelled;
    one.pause_timer.expires_at(until);
    co_await one.pause_timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

// ---- the items of a stage ----

engine::clock::time_point engine::end_of_stage() const noexcept {
    return stage_->limit.count() > 0 ? stage_started_ + stage_->limit : clock::time_point::max();
}

std::optional<std::size_t> engine::take() {
    if (!may_go_on() || clock::now() >= end_of_stage())
        return std::nullopt;
    if (stage_->kind == stage_kind::mix)
        return take_of_mix();
    const auto count = *items_of(*stage_);
    if (stage_->kind == stage_kind::lives)
        for (; next_ < complete_before_.size() && complete_before_[next_]; ++next_)
            ++live_.done;
    if (next_ < count)
        return next_++;
    return std::nullopt;
}

// Two calls about one session could each find what the other one has changed, and take it for a wrong
// response. There are no more callers than sessions, so that one is free.
std::size_t engine::take_of_mix() {
    auto number = std::uniform_int_distribution<std::size_t>(0, busy_.size() - 1)(random_);
    while (busy_[number])
        number = (number + 1) % busy_.size();
    busy_[number] = true;
    return number;
}

} // namespace bandwidth::webrtc::bulk
