#include "manager/pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <ctime>
#include <new>
#include <utility>

#include "core/http_grammar.hpp"
#include "manager/completion_batch.hpp"
#include "manager/pool_service.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// The steady clock, but for the time that the machine was suspended, which counts: after it a connection has
// been idle for long and a deadline has passed, though no timer could tell.
time_point clock_now() noexcept {
#ifdef CLOCK_BOOTTIME
    timespec at{};
    if (clock_gettime(CLOCK_BOOTTIME, &at) == 0)
        return time_point(std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
#endif
    return std::chrono::steady_clock::now();
}

// Until handlers for whose posting there was no memory are posted again.
constexpr std::chrono::milliseconds delivery_pause{10};

} // namespace

/// What the timer runs. Asio needs memory to bring it to the strand; dropped for want of that it tells.
struct pool::on_timer {
    explicit on_timer(std::shared_ptr<pool> value) noexcept : self(std::move(value)) {}
    on_timer(on_timer&&) noexcept = default;
    on_timer& operator=(on_timer&&) = delete;
    ~on_timer() {
        if (!self || self->abandoned())
            return;
        self->timer_lost_ = true;
        try {
            self->post_turn();
        } catch (...) { // the next turn finds it lost
        }
    }
    void operator()(const error_code& ec) {
        const auto mine = std::move(self);
        if (ec)
            return;
        mine->armed_.reset();
        mine->turn();
    }

    std::shared_ptr<pool> self;
};

std::shared_ptr<pool> pool::make(const asio::any_io_executor& executor, pool_settings settings,
                                 std::shared_ptr<tls_context> tls) {
    std::shared_ptr<pool> made(new pool(executor, std::move(settings), std::move(tls)));
    asio::use_service<pool_service>(asio::query(executor, asio::execution::context)).add(made);
    if (made->settings_.dispatch.min_connections != 0)
        made->post_turn();
    return made;
}

pool::pool(const asio::any_io_executor& executor, pool_settings settings, std::shared_ptr<tls_context> tls)
    : settings_(std::move(settings))
    , base_executor_(executor)
    , strand_(serial_executor::over(executor))
    , timer_(strand_)
    , tls_(std::move(tls))
    , names_(std::make_shared<name_lookup>(strand_, settings_.endpoint.host, settings_.endpoint.port,
                                           settings_.names))
    , encoder_(settings_.host_header, settings_.user_agent)
    , credentials_generation_(settings_.credentials->generation())
    , dispatcher_(settings_.dispatch, encoder_, *this) {
    encoder_.set_authorization(authorization());
    if (const auto* const known = executor.target<asio::io_context::executor_type>())
        io_context_.emplace(*known);
    turn_.end = [](serial_executor::task& base, bool run) {
        const auto self = std::move(static_cast<queued_turn&>(base).self);
        // No plain store: this sees what those have submitted who found it true.
        self->turn_.waits.exchange(false);
        if (run)
            self->turn();
    };
}

void pool::reload_tls(std::shared_ptr<tls_context> context) noexcept {
    {
        const std::lock_guard lock(sorted_mutex_);
        next_tls_.swap(context); // one that no turn has taken is destroyed outside
    }
    try {
        post_turn();
    } catch (...) {
    }
}

void pool::drained_elsewhere(joint_drain& drain, bool cut_off) noexcept {
    --drain.left;
    drain.cut_off = drain.cut_off || cut_off;
    turn();
}

// What a source gives goes onto the wire, so it is checked each time.
std::string pool::authorization() const {
    auto value = settings_.credentials->authorization();
    if (!valid_field_value(value))
        throw api_error(
            failure(errc::invalid_options, "credentials: the authorization has control characters"));
    return value;
}

void pool::refresh_credentials() noexcept {
    const auto generation = settings_.credentials->generation();
    if (generation == credentials_generation_)
        return;
    credentials_generation_ = generation;
    try {
        encoder_.set_authorization(authorization());
    } catch (const std::exception&) { // the old value goes on; the service tells when it no longer serves
    }
}

pool::~pool() { abandon(); }

void pool::abandon() noexcept {
    abandoned_ = true;
    dispatcher_.abandon();
    while (call* const value = finished_.pop_front())
        value->recycle();
    call_list submitted;
    {
        const std::lock_guard lock(sorted_mutex_);
        sort_submitted();
        submitted = std::exchange(sorted_, {});
    }
    while (call* const value = submitted.pop_front())
        value->recycle();
}

void pool::submit(call& value) {
    // Once it is on the list another thread may complete it and let go of the pool.
    const auto self = shared_from_this();
    call* head = submitted_.load(std::memory_order_relaxed);
    do {
        value.next = head;
    } while (!submitted_.compare_exchange_weak(head, &value));
    // Only a turn that is known to come, and takes what it finds after it was counted off, makes another one
    // needless. Not one that somebody else is about to post: that may fail.
    if (turns_to_come_ > 0)
        return;
    try {
        post_turn();
    } catch (...) {
        if (take_back(value)) // else a turn has taken it meanwhile
            throw;
    }
}

// A turn may begin before it is counted, so the number may be too low, but never too high.
// Over an io_context it is posted beside the strand: in the strand's queue it would hold up the connections
// that are ready before it, and each would need another round of the scheduler. There it needs no memory.
void pool::post_turn() {
    if (io_context_)
        asio::post(*io_context_, [self = shared_from_this()]() mutable {
            --self->turns_to_come_;
            if (self->turn_.waits.exchange(true))
                return; // that one has yet to begin, and takes what this one is for
            const auto strand = self->strand_;
            auto& value = self->turn_;
            value.self = std::move(self);
            strand.execute_task(value);
        });
    else
        asio::post(strand_, [self = shared_from_this()] {
            --self->turns_to_come_;
            self->turn();
        });
    ++turns_to_come_;
}

// Under the lock: oldest first behind what `take_back` has left.
void pool::sort_submitted() noexcept {
    call* newest = submitted_.exchange(nullptr);
    call_list came;
    while (newest)
        came.push_front(*std::exchange(newest, newest->next));
    while (call* const value = came.pop_front())
        sorted_.push_back(*value);
}

// False when it is no longer there.
bool pool::take_back(call& value) noexcept {
    const std::lock_guard lock(sorted_mutex_);
    sort_submitted();
    const call* at = sorted_.front();
    while (at && at != &value)
        at = at->next;
    if (at)
        sorted_.remove(value);
    return at;
}

void pool::cancel(std::uint64_t id) {
    asio::post(strand_, [self = shared_from_this(), id] {
        self->begin_turn();
        self->dispatcher_.cancel(id);
        self->end_turn();
    });
}

void pool::close() noexcept {
    close_requested_ = true;
    try {
        post_turn();
    } catch (...) {
    }
}

void pool::turn() noexcept {
    begin_turn();
    end_turn();
}

void pool::begin_turn() noexcept {
    dispatcher_.begin_turn(now_ = clock_now());
    refresh_credentials();
    // What was submitted before it fails with it, as what was in flight does.
    const bool closes = close_requested_.load(std::memory_order_acquire);
    take_submitted();
    if (closes)
        dispatcher_.close();
}

void pool::take_submitted() noexcept {
    call_list submitted;
    std::shared_ptr<tls_context> reloaded;
    {
        const std::lock_guard lock(sorted_mutex_);
        sort_submitted();
        submitted = std::exchange(sorted_, {});
        if (next_tls_)
            reloaded = std::move(next_tls_);
    }
    if (reloaded) { // first, since a caller who saw `reload_tls` return gets the new settings
        tls_ = std::move(reloaded);
        dispatcher_.retire_all();
    }
    while (call* const value = submitted.pop_front())
        dispatcher_.submit(*value);
}

void pool::end_turn() noexcept {
    dispatcher_.end_turn();
    deliver();
    arm_timer();
}

// Whether what is to run on that executor may run on this thread, which runs the strand.
bool pool::runs_here(const asio::any_io_executor& executor) const noexcept {
    using tracked = decltype(asio::require(*io_context_, asio::execution::outstanding_work.tracked));
    const auto* const known = executor.target<tracked>();
    return known && io_context_ &&
           &asio::query(*known, asio::execution::context) ==
               &asio::query(*io_context_, asio::execution::context) &&
           asio::query(*known, asio::execution::blocking) == asio::execution::blocking.possibly;
}

void pool::deliver() noexcept {
    call_list left;
    const auto send = [&](call_list together, const serial_executor* strand) {
        auto back = completion_batch::send(completion_batch(shared_from_this(), together), strand);
        while (call* const value = back.pop_front())
            left.push_back(*value);
    };
    call_list here;
    while (call* const first = finished_.pop_front()) {
        if (runs_here(first->executor())) {
            here.push_back(*first);
            continue;
        }
        call_list together;
        together.push_back(*first);
        while (!finished_.empty() && finished_.front()->executor() == first->executor())
            together.push_back(*finished_.pop_front());
        send(together, nullptr);
    }
    if (!here.empty())
        send(here, &strand_);
    undelivered_ = !left.empty();
    finished_ = left;
}

// Fires when the first time has come, or earlier; it is moved only when an earlier time comes up.
void pool::arm_timer() noexcept {
    if (timer_lost_.load(std::memory_order_relaxed) && timer_lost_.exchange(false))
        armed_.reset();
    auto next = dispatcher_.next_time();
    if (undelivered_ && (!next || *next > now_ + delivery_pause))
        next = now_ + delivery_pause;
    if (!next || (armed_ && *armed_ <= *next)) {
        if (!next && armed_) {
            armed_.reset();
            timer_.cancel();
        }
        return;
    }
    try {
        armed_.reset();
        timer_.expires_after(*next - now_);
        timer_.async_wait(on_timer(shared_from_this()));
        armed_ = next;
    } catch (const std::bad_alloc&) { // at the end of the next turn, then
    }
}

std::shared_ptr<connection> pool::make_connection(connection_events& events) {
    return std::make_shared<tls_connection>(static_cast<connection_host&>(*this), events, settings_.endpoint,
                                            settings_.dispatch.depth, settings_.limits);
}

} // namespace bandwidth::webrtc::detail
