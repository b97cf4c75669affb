#include "bulk_sessions/bulk_run.hpp"

#include "bulk_sessions/exit_status.hpp"
#include "bulk_sessions/units.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace bandwidth::webrtc::bench {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

// After an interrupt: for the calls in flight, among them creations whose ids are needed to delete ...
constexpr auto flight_time = 2s;
// ... and for the deleting.
constexpr auto clean_up_time = 10s;

} // namespace

bulk_run::bulk_run(asio::io_context& context, client& client, const settings& chosen, std::uint64_t nonce)
    : context_(context)
    , client_(client)
    , settings_(chosen)
    , created_(chosen.sessions, chosen.participants, nonce)
    , flight_limit_(context)
    , clean_up_limit_(context) {}

void bulk_run::run_phases() {
    const auto started = clock::now();
    for (const auto kind : settings_.phases) {
        if (stopping_)
            break;
        run_phase(kind);
    }
    time_ = clock::now() - started;
    flight_limit_.cancel();
}

void bulk_run::clean_up() {
    const auto sessions = created_.count_sessions();
    const auto participants = created_.count_participants();
    if (sessions + participants == 0)
        return;
    cleaning_ = true;
    // What is gone by itself, or by a delete whose response was lost, is as good as deleted.
    delete_options_.ignore_not_found();
    if (signal_ != 0)
        limit_clean_up();
    const auto started = clock::now();
    run_phase(call_kind::delete_participant);
    run_phase(call_kind::delete_session);
    clean_up_.time = clock::now() - started;
    clean_up_limit_.cancel();
    clean_up_.left_sessions = created_.count_sessions();
    clean_up_.left_participants = created_.count_participants();
    clean_up_.deleted_sessions = sessions - clean_up_.left_sessions;
    clean_up_.deleted_participants = participants - clean_up_.left_participants;
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
    client_.close(); // ends every call in flight
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

void bulk_run::run_phase(call_kind kind) {
    const auto started = clock::now();
    kind_ = kind;
    ++phase_;
    next_ = 0;
    total_ = items_of(kind);
    const auto callers = std::min(total_, settings_.concurrent_calls());
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
    if (!cleaning_) {
        done_before_ += next_;
        current().time += clock::now() - started;
    }
}

std::size_t bulk_run::items_of(call_kind kind) const noexcept {
    return is_per_participant(kind) ? created_.sessions() * created_.participants_each()
                                    : created_.sessions();
}

std::optional<bulk_run::item> bulk_run::take() noexcept {
    if (next_ == total_ || !may_go_on())
        return std::nullopt;
    const auto number = next_++;
    if (!is_per_participant(kind_))
        return item{number, 0};
    return item{number / created_.participants_each(), number % created_.participants_each()};
}

progress_snapshot bulk_run::progress() const {
    progress_snapshot now;
    now.in_flight = in_flight_;
    if (cleaning_) {
        now.phase = "deleting what is left";
        now.phase_number = kind_ == call_kind::delete_session ? 2 : 1;
        now.phase_count = 2;
        const auto participants = items_of(call_kind::delete_participant);
        now.total = participants + items_of(call_kind::delete_session);
        now.done = next_ - in_flight_ + (now.phase_number == 2 ? participants : 0);
        return now;
    }
    now.phase = to_string(kind_);
    now.phase_number = phase_;
    now.phase_count = settings_.phases.size();
    for (const auto kind : settings_.phases)
        now.total += items_of(kind);
    now.done = done_before_ + next_ - in_flight_;
    for (const auto& record : records_)
        now.errors += record.failed + record.mismatched;
    return now;
}

void bulk_run::skip() noexcept {
    if (!cleaning_)
        ++current().skipped;
}

void bulk_run::note_failure(const failure& failure) {
    const auto stats = client_.stats();
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
    if (failure.delivery() == delivery::maybe_processed &&
        (kind_ == call_kind::create_session || kind_ == call_kind::create_participant))
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

} // namespace bandwidth::webrtc::bench
