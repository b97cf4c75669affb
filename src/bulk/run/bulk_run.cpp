#include "bulk/run/bulk_run.hpp"

#include "bulk/figures/units.hpp"
#include "bulk/report/exit_status.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <stdexcept>

namespace bandwidth::webrtc::bulk {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

// After an interrupt: for the calls in flight, among them creations whose ids are needed to delete ...
constexpr auto flight_time = 2s;
// ... and for the deleting.
constexpr auto clean_up_time = 10s;

} // namespace

std::size_t clean_up_record::deleted() const noexcept {
    std::size_t all = 0;
    for (const auto& one : things)
        all += one.deleted;
    return all;
}

std::size_t clean_up_record::left() const noexcept {
    std::size_t all = 0;
    for (const auto& one : things)
        all += one.left;
    return all;
}

bulk_run::bulk_run(asio::io_context& context, job& job, const settings& chosen)
    : context_(context), job_(job), settings_(chosen), flight_limit_(context), clean_up_limit_(context) {
    const auto calls = job.calls();
    for (const auto kind : chosen.phases) {
        const auto found =
            std::find_if(calls.begin(), calls.end(), [&](const job_call& one) { return one.kind == kind; });
        if (found == calls.end())
            throw std::invalid_argument("settings: the phase " + std::string(to_string(kind)) +
                                        " is of the other API");
        plan_.push_back(*found);
    }
    for (const auto& kind_of_thing : job.existing())
        clean_up_.things.push_back({kind_of_thing.noun});
}

void bulk_run::run_phases() {
    const auto started = clock::now();
    run_plan();
    time_ = clock::now() - started;
    flight_limit_.cancel();
}

void bulk_run::clean_up() {
    const auto created = job_.existing();
    if (std::all_of(created.begin(), created.end(), [](const thing_count& one) { return one.count == 0; }))
        return;
    cleaning_ = true;
    plan_ = job_.clean_up_calls();
    if (signal_ != 0)
        limit_clean_up();
    const auto started = clock::now();
    run_plan();
    clean_up_.time = clock::now() - started;
    clean_up_limit_.cancel();
    const auto left = job_.existing();
    for (std::size_t number = 0; number < left.size(); ++number) {
        clean_up_.things[number].left = left[number].count;
        clean_up_.things[number].deleted = created[number].count - left[number].count;
    }
}

void bulk_run::interrupt(int signal) {
    if (signal_ != 0) {
        give_up();
        return;
    }
    signal_ = signal;
    stopping_ = true;
    if (cleaning_)
        limit_clean_up();
    else
        limit_flight();
}

void bulk_run::give_up() {
    gave_up_ = true;
    stopping_ = true;
    job_.close(); // ends every call in flight
}

void bulk_run::limit_flight() {
    flight_limit_.expires_after(flight_time);
    flight_limit_.async_wait([this](error_code cancelled) {
        if (cancelled || cleaning_) // it may have expired just before it was cancelled
            return;
        for (auto& caller : callers_)
            if (caller.running)
                caller.cancel.emit(asio::cancellation_type::terminal);
    });
}

void bulk_run::limit_clean_up() {
    clean_up_limit_.expires_after(clean_up_time);
    clean_up_limit_.async_wait([this](error_code cancelled) {
        if (!cancelled)
            give_up();
    });
}

void bulk_run::run_plan() {
    done_before_ = 0;
    for (phase_ = 0; phase_ < plan_.size() && may_go_on(); ++phase_)
        run_phase();
}

void bulk_run::run_phase() {
    const auto started = clock::now();
    next_ = 0;
    const auto callers = std::min(phase().items, settings_.concurrent_calls());
    while (callers_.size() < callers)
        callers_.emplace_back();
    running_callers_ = callers;
    for (std::size_t number = 0; number < callers; ++number) {
        auto& caller = callers_[number];
        caller.running = true;
        auto done = [this, &caller](std::exception_ptr error) {
            if (error)
                std::rethrow_exception(error);
            caller.running = false;
            if (--running_callers_ == 0)
                context_.stop();
        };
        asio::co_spawn(context_, call_until_done(), asio::bind_cancellation_slot(caller.cancel.slot(), done));
    }
    // The context has no end of its own: the client's idle connections keep it busy.
    context_.restart();
    if (callers > 0)
        context_.run();
    done_before_ += next_;
    if (!cleaning_)
        current().time += clock::now() - started;
}

asio::awaitable<void> bulk_run::call_until_done() {
    while (const auto item = take()) {
        ++in_flight_;
        co_await phase().make(*item, *this);
        --in_flight_;
    }
}

std::optional<std::size_t> bulk_run::take() noexcept {
    if (next_ == phase().items || !may_go_on())
        return std::nullopt;
    return next_++;
}

progress_snapshot bulk_run::progress() const {
    progress_snapshot now;
    now.phase = cleaning_ ? "deleting what is left" : to_string(phase().kind);
    now.phase_number = phase_ + 1;
    now.phase_count = plan_.size();
    now.done = done_before_ + next_ - in_flight_;
    for (const auto& one : plan_)
        now.total += one.items;
    now.in_flight = in_flight_;
    if (!cleaning_)
        for (const auto& record : records_)
            now.errors += record.failed + record.mismatched;
    return now;
}

void bulk_run::add_success(std::chrono::nanoseconds latency) {
    anything_succeeded_ = true;
    if (!cleaning_)
        current().add_success(latency);
}

void bulk_run::add_check(const std::string& problem) {
    if (!cleaning_)
        current().add_check(problem);
}

void bulk_run::skip() {
    if (!cleaning_)
        ++current().skipped;
}

void bulk_run::add_failure(const failure& failure) {
    const auto stats = job_.stats();
    const bool ever_connected = stats.handshakes_full + stats.handshakes_resumed > 0;
    const bool unreachable = is_connection_failure(failure.code(), ever_connected);
    if (cleaning_) {
        if (clean_up_.first_error.empty())
            clean_up_.first_error = printable(failure.describe());
        // With the service gone each further call would fail too, and some only after their deadline.
        gave_up_ = gave_up_ || unreachable;
        return;
    }
    current().add_failure(failure);
    if (failure.delivery() == delivery::maybe_processed && is_creation(phase().kind))
        ++unknown_creations_;
    if (unreachable && !ever_connected && !no_connection_) {
        no_connection_ = failure;
        stopping_ = true;
    }
    if (failure.code() == condition::unauthorized && !anything_succeeded_ && !refused_) {
        refused_ = failure;
        stopping_ = true;
    }
}

} // namespace bandwidth::webrtc::bulk
