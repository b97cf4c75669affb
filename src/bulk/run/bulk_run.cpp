#include "bulk/run/bulk_run.hpp"

#include "bulk/report/client_figures.hpp"
#include "bulk/report/exit_status.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

// After an interrupt: for the calls in flight, among them creations whose ids are needed to delete ...
constexpr auto flight_time = 2s;
// ... and for the deleting, where nothing else was asked for.
constexpr auto clean_up_time_after_signal = 10s;
// Of a clean-up, in which nothing could be deleted although the service responded.
constexpr unsigned most_broken_rounds = 4;

} // namespace

bulk_run::bulk_run(asio::io_context& context, const settings& chosen, const make_job& make,
                   journal_writer* journal)
    : context_(context)
    , settings_(chosen)
    , journal_(journal)
    , flight_limit_(context)
    , clean_up_limit_(context)
    , watch_timer_(context) {
    const auto own = chosen.own_items();
    for (std::size_t index = 0; index < chosen.threads; ++index) {
        auto& one = workers_.emplace_back();
        const auto of_own = share_of(own.count, shard{index + 1, chosen.threads});
        one.items = {own.first + of_own.first, of_own.count};
        one.work = make(one.context, one.items, index);
        const auto on_fatal = [this](const fatal_problem& problem) {
            asio::post(context_, [this, problem] { end_early(problem); });
        };
        one.made.emplace(engine::parts{one.context, *one.work, chosen, one.items, index, journal, on_fatal});
    }
    for (const auto& kind_of_thing : existing())
        clean_up_.things.push_back({std::string(to_string(kind_of_thing.kind)), 0, 0});
}

bulk_run::~bulk_run() {
    for (auto& one : workers_) {
        one.guard.reset();
        if (!one.thread.joinable())
            continue;
        asio::post(one.context, [&one] { one.context.stop(); });
        one.thread.join();
    }
}

template <class Function>
void bulk_run::on_every_engine(Function function) {
    for (auto& one : workers_)
        asio::post(
            one.context, [&one, function] { function(*one.made); });
}

void bulk_run::start_threads() {
    if (std::exchange(threads_run_, true))
        return;
    for (auto& one : workers_)
        one.thread = std::thread([&one] { one.context.run(); });
}

void bulk_run::restore(const journal_contents& before) {
    for (auto& one : workers_) {
        for (const auto kind : {thing_kind::session, thing_kind::participant, thing_kind::endpoint}) {
            const auto each = kind == thing_kind::participant ? settings_.participants : 1;
            const auto& existing = before.of(kind).existing;
            const auto first = one.items.first * each;
            const auto last = existing.lower_bound(first + one.items.count * each);
            for (auto thing = existing.lower_bound(first); thing != last; ++thing)
                one.work->restore(kind, static_cast<std::size_t>(thing->first - first), thing->second);
        }
        one.made->continue_run(before);
        // The run before may have deleted more than it could write down.
        one.work->begin_clean_up();
    }
}

void bulk_run::end_early(const fatal_problem& problem) {
    // A thread that had a bad start tells nothing of the service where others had a success.
    const bool is_of_service = problem.failure.has_value();
    if (is_of_service && workers_.size() > 1 &&
        std::any_of(workers_.begin(), workers_.end(),
                    [](const worker& one) { return one.made->live().any_success.load(); }))
        return;
    if (!problem_)
        problem_ = problem;
    if (!cleaning_)
        stop_early();
}

void bulk_run::stop_early() {
    stopping_ = true;
    stop_engines();
    limit_flight();
}

void bulk_run::run_stages(std::vector<stage> plan, std::size_t first) {
    plan_ = std::move(plan);
    cleaning_ = false;
    done_before_ = 0;
    first_stage_ = first;
    failing_since_ = last_success_ = 0;
    counts_from_ = clock::now().time_since_epoch().count();
    started_ = std::chrono::system_clock::now().time_since_epoch();
    const auto started = clock::now();
    start_threads();
    watch();
    for (stage_ = first; stage_ < plan_.size() && may_go_on(); ++stage_) {
        if (journal_ != nullptr && !journal_->phase(stage_)) {
            problem_ = {fatal_problem::reason::journal, std::nullopt, journal_->error().message()};
            break;
        }
        run_stage(plan_[stage_]);
    }
    watch_timer_.cancel();
    flight_limit_.cancel();
    time_ = clock::now() - started;
}

void bulk_run::run_stage(const stage& stage) {
    running_ = workers_.size();
    stage_began_ = clock::now();
    for (auto& one : workers_)
        asio::post(one.context,
                   [this, &one, &stage] { one.made->start(stage, [this] { end_of_engine(); }); });
    // The context has no end of its own: timers and signals keep it busy.
    context_.restart();
    context_.run();
    for (const auto& one : workers_)
        done_before_ += one.made->live().done;
}

void bulk_run::end_of_engine() {
    asio::post(
        context_,
        [this] {
            if (--running_ == 0)
                context_.stop();
        });
}

void bulk_run::clean_up(std::chrono::nanoseconds timeout) {
    const auto created = existing();
    const auto count_left = [this] {
        std::size_t count = 0;
        for (const auto& one : existing())
            count += one.count;
        return count;
    };
    auto left = count_left();
    const auto limit =
        signal_ != 0 ? settings_.clean_up_timeout.value_or(clean_up_time_after_signal) : timeout;
    for (std::size_t number = 0; number < created.size(); ++number)
        clean_up_.things[number].left = created[number].count;
    if (left == 0 || limit.count() == 0)
        return;
    if (started_.count() == 0)
        started_ = std::chrono::system_clock::now().time_since_epoch();
    cleaning_ = true;
    start_threads();
    plan_.clear();
    std::vector<call_kind> calls;
    for (const auto& one : workers_)
        calls = one.work->begin_clean_up();
    for (const auto kind : calls) {
        auto& stage = plan_.emplace_back();
        stage.kind = stage_kind::clean_up;
        stage.name = "deleting what is left";
        stage.calls = {kind};
    }
    limit_clean_up(limit);
    const auto started = clock::now();
    for (auto& one : workers_)
        one.made->begin_round(true);
    unsigned broken_rounds = 0; // behind each other
    for (bool again = true; again && !gave_up_;) {
        done_before_ = 0;
        for (stage_ = 0; stage_ < plan_.size() && may_go_on(); ++stage_)
            run_stage(plan_[stage_]);
        const auto left_before = std::exchange(left, count_left());
        auto seen = engine::outlook::none;
        for (auto& one : workers_)
            seen = std::max(seen, one.made->begin_round(false));
        const bool has_deleted = left < left_before;
        broken_rounds = has_deleted || seen != engine::outlook::broken ? 0 : broken_rounds + 1;
        again = left > 0 && (has_deleted || seen == engine::outlook::away ||
                             (seen == engine::outlook::broken && broken_rounds < most_broken_rounds));
    }
    clean_up_.time += clock::now() - started;
    clean_up_limit_.cancel();
    const auto now = existing();
    for (std::size_t number = 0; number < now.size(); ++number) {
        clean_up_.things[number].left = now[number].count;
        clean_up_.things[number].deleted += created[number].count - now[number].count;
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
        limit_clean_up(settings_.clean_up_timeout.value_or(clean_up_time_after_signal));
    else
        stop_early();
}

void bulk_run::stop_engines() {
    on_every_engine([](engine& one) { one.stop(); });
}

void bulk_run::give_up() {
    gave_up_ = true;
    stopping_ = true;
    on_every_engine([](engine& one) { one.give_up(); });
}

void bulk_run::limit_flight() {
    flight_limit_.expires_after(flight_time);
    flight_limit_.async_wait([this](error_code cancelled) {
        if (!cancelled && !cleaning_) // it may have expired just before it was cancelled
            on_every_engine([](engine& one) { one.cancel_flight(); });
    });
}

void bulk_run::limit_clean_up(std::chrono::nanoseconds time) {
    clean_up_limit_.expires_after(time);
    clean_up_limit_.async_wait([this](error_code cancelled) {
        if (!cancelled && cleaning_) // as above
            give_up();
    });
}

// Calls have to fail for so long: one failure before or behind a pause of the load tells nothing.
bool bulk_run::fails_for_too_long() {
    clock::rep success = 0;
    clock::rep failure = 0;
    for (const auto& one : workers_) {
        success = std::max(success, one.made->live().last_success.load());
        failure = std::max(failure, one.made->live().last_failure.load());
    }
    if (std::exchange(last_success_, success) != success || failure <= success || failure < counts_from_)
        failing_since_ = 0;
    else if (failing_since_ == 0)
        failing_since_ = failure;
    return failing_since_ != 0 && !stopping_ &&
           clock::duration(failure - failing_since_) >= settings_.abort_after;
}

// Sees that the journal is on the disk, and whether anything succeeds.
void bulk_run::watch() {
    watch_timer_.expires_after(std::min<std::chrono::nanoseconds>(1s, settings_.abort_after));
    watch_timer_.async_wait([this](error_code cancelled) {
        if (cancelled || cleaning_)
            return;
        if (journal_ != nullptr)
            journal_->sync();
        if (fails_for_too_long()) {
            aborted_ = true;
            stop_early();
        }
        watch();
    });
}

std::vector<thing_count> bulk_run::existing() const {
    std::vector<thing_count> all;
    for (const auto& one : workers_) {
        const auto of_one = one.work->existing();
        if (all.empty())
            all = of_one;
        else
            for (std::size_t number = 0; number < all.size(); ++number)
                all[number].count += of_one[number].count;
    }
    return all;
}

progress_snapshot bulk_run::progress() const {
    progress_snapshot now;
    if (plan_.empty())
        return now;
    const auto number = std::min(stage_, plan_.size() - 1);
    const auto& current = plan_[number];
    now.phase = current.name;
    if (current.kind == stage_kind::lives)
        now.unit = "lives";
    now.phase_number = number + 1;
    now.phase_count = plan_.size();
    now.done = done_before_;
    if (current.limit.count() > 0)
        now.left_of_phase =
            std::max<std::chrono::nanoseconds>(0ns, stage_began_ + current.limit - clock::now());
    for (const auto& one : workers_) {
        const auto& counts = one.made->live();
        now.done += counts.done;
        now.in_flight += counts.in_flight;
        now.failed += cleaning_ ? 0 : counts.failed.load();
        now.mismatched += cleaning_ ? 0 : counts.mismatched.load();
        for (auto number_of = cleaning_ ? 0 : first_stage_; number_of < plan_.size(); ++number_of)
            now.total += one.made->items_of(plan_[number_of]).value_or(0);
    }
    const auto stats = this->stats();
    now.queued = stats.queue_depth;
    now.retries = stats.retries;
    now.throttled = stats.retries_throttled;
    return now;
}

time_series bulk_run::take_seconds() {
    time_series all;
    for (auto& one : workers_)
        all.add(one.made->take_seconds());
    return all;
}

std::vector<operation_figures> bulk_run::operations() const {
    std::vector<operation_figures> all;
    for (std::size_t number = 0; number < call_kind_count; ++number) {
        const auto kind = static_cast<call_kind>(number);
        operation_figures one;
        one.operation = to_string(kind);
        for (const auto& of : workers_)
            one.record.add(std::as_const(*of.made).record(kind), true);
        if (!one.record.empty())
            all.push_back(std::move(one));
    }
    return all;
}

std::uint64_t bulk_run::not_begun() const {
    std::uint64_t all = 0;
    for (const auto& one : workers_)
        all += one.made->not_begun();
    return all;
}

void bulk_run::visit_existing(
    const std::function<void(thing_kind, std::uint64_t, std::string_view)>& visit) const {
    for (const auto& one : workers_)
        one.work->visit_existing([&](thing_kind kind, std::size_t number, std::string_view id) {
            visit(kind, one.made->number_in_run(kind, number), id);
        });
}

time_series bulk_run::series() const {
    time_series all;
    for (const auto& one : workers_)
        all.add(one.made->series());
    return all;
}

std::optional<life_record> bulk_run::lives() const {
    if (settings_.shape != load_shape::lives)
        return std::nullopt;
    life_record all;
    for (const auto& one : workers_) {
        const auto& lives = one.made->lives();
        all.planned += lives.planned;
        all.complete_before += lives.complete_before;
        all.complete += lives.complete;
        all.failed += lives.failed;
    }
    return all;
}

client_stats bulk_run::stats() const {
    client_stats all;
    for (const auto& one : workers_) {
        const auto stats = one.work->stats();
        add(all, stats);
        all.queue_depth += stats.queue_depth;
    }
    return all;
}

clean_up_record bulk_run::clean_up_result() const {
    auto made = clean_up_;
    for (const auto& one : workers_) {
        made.unknown_creations += one.made->unknown_creations();
        if (made.first_error.empty())
            made.first_error = one.made->first_clean_up_error();
    }
    return made;
}

} // namespace bandwidth::webrtc::bulk
