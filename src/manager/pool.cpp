#include "manager/pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/system_executor.hpp>
#include <cassert>
#include <utility>
#if __has_include(<boost/asio/config.hpp>)
#include <boost/asio/config.hpp>
#else
#include <boost/asio/detail/scheduler.hpp>
#endif

#include "manager/pool_service.hpp"
#include "transport/socket_stream.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// Name look-ups post from threads of their own, so the context's queue needs its locks.
#if __has_include(<boost/asio/config.hpp>)
bool has_locks(asio::execution_context& context) {
    return asio::config(context).get("scheduler", "locking", true);
}
#else // older than Asio 1.34: only the scheduler tells, which is under `detail`
bool has_locks(asio::execution_context& context) {
    using asio::detail::scheduler;
    return !asio::has_service<scheduler>(context) ||
           asio::use_service<scheduler>(context).concurrency_hint() != BOOST_ASIO_CONCURRENCY_HINT_UNSAFE;
}
#endif

} // namespace

std::shared_ptr<pool> pool::make(const asio::any_io_executor& executor, pool_settings settings,
                                 std::shared_ptr<tls_context> tls) {
    const auto refuse = [](const char* text) { throw api_error(failure(errc::invalid_options, text)); };
    if (!executor)
        refuse("executor: it is empty");
    auto& context = asio::query(executor, asio::execution::context);
    if (!has_locks(context))
        refuse("executor: a context with BOOST_ASIO_CONCURRENCY_HINT_UNSAFE has no locks");
    std::shared_ptr<pool> made(new pool(executor, std::move(settings), std::move(tls)));
    made->executor_.follow_by([](void* self) { static_cast<pool*>(self)->run_completions(); }, made);
    asio::use_service<pool_service>(context).add(made);
    if (made->settings_.schedule.min_connections != 0)
        made->put_in([](inbox&) {}, false);
    return made;
}

pool::pool(const asio::any_io_executor& executor, pool_settings settings, std::shared_ptr<tls_context> tls)
    : settings_(std::move(settings))
    , base_executor_(executor)
    , executor_(settings_.single_threaded ? executor_type::single_threaded(executor)
                                          : executor_type::strand(executor))
    , timer_(executor_)
    , tls_(std::move(tls))
    , names_(std::make_shared<name_lookup>(executor_, settings_.endpoint.host, settings_.endpoint.port,
                                           settings_.names))
    , scheduler_(settings_.schedule, *this) {
    if (const auto* const known = executor.target<asio::io_context::executor_type>()) {
        io_context_ =
            asio::require(*known, asio::execution::blocking.never, asio::execution::relationship.fork);
    }
}

// Its mutex is held while the pool is told, so that the pool does not end meanwhile.
class pool::token_link final : public token_user {
public:
    explicit token_link(pool& of) : pool_(&of) {}
    void token_changed() noexcept override {
        const std::lock_guard lock(mutex_);
        if (pool_)
            pool_->token_changed();
    }
    void forget_pool() noexcept {
        const std::lock_guard lock(mutex_);
        pool_ = nullptr;
    }

private:
    std::mutex mutex_;
    pool* pool_;
};

pool::~pool() { drop_calls(); }

// Operations of a dialler may outlive the pool, and go by its executor: only here, where no other thread runs the
// context, may that be changed.
void pool::abandon() noexcept {
    drop_calls();
    timer_.reset();
    io_context_.reset();
    executor_.leave_context();
    base_executor_ = asio::system_executor();
}

void pool::drop_calls() noexcept {
    if (token_link_)
        token_link_->forget_pool();
    names_->abandon();
    call_list abandoned;
    {
        const std::lock_guard lock(mutex_);
        abandoned_ = true;
        abandoned = std::exchange(inbox_.calls, {});
    }
    cancellable_.clear();
    scheduler_.on_context_shutdown();
    for (auto* const list : {&abandoned, &finished_, &completing_})
        while (call* const value = take_front(*list))
            value->recycle();
}

// --- the way in, on any thread ---------------------------------------------------------------------------

/// False when the execution context is being destroyed, and nothing was put in.
template <class Put>
bool pool::put_in(Put put, bool urgent) {
    {
        const std::lock_guard lock(mutex_);
        if (abandoned_)
            return false;
        put(inbox_);
        inbox_.urgent |= urgent;
        if (std::exchange(cycle_scheduled_, true))
            return true;
    }
    post_cycle(shared_from_this());
    return true;
}

void pool::submit(call& value) noexcept {
    if (put_in([&](inbox& in) { in.calls.push_back(value); }, false))
        return;
    value.settle(failure(errc::client_closed, "the client's execution context was destroyed"));
    pending_call::submit_completion(call_handle(&value), base_executor_);
}

void pool::cancel(std::uint64_t id, bool only_unsent) {
    put_in([&](inbox& in) { in.cancellations.push_back({id, only_unsent}); });
}

void pool::reload_tls(std::shared_ptr<tls_context> context) noexcept {
    put_in([&](inbox& in) { in.tls.swap(context); }); // one that no cycle has taken is destroyed outside
}

void pool::close() noexcept {
    put_in([](inbox& in) { in.close = true; });
}

void pool::close(boost::intrusive_ptr<call_group> group) noexcept {
    put_in([&](inbox& in) { in.closed_groups.push_back(std::move(group)); });
}

// The cycle is posted beside the strand, and goes there when it runs: in the strand's queue it would hold the
// strand, so that the connections which are ready before it would each need another round of the scheduler.
void pool::post_cycle(std::shared_ptr<pool> self) noexcept {
    auto enter = [self = std::move(self)]() mutable noexcept {
        const auto executor = self->executor_;
        executor.execute([self = std::move(self)] { self->cycle(true); });
    };
    if (io_context_) {
        asio::require(*io_context_, asio::execution::allocator(handler_allocator<void>(cycle_memory_)))
            .execute(std::move(enter));
    } else {
        asio::post(base_executor_, std::move(enter));
    }
}

// --- a cycle, on the executor ----------------------------------------------------------------------------

void pool::cycle(bool posted) noexcept {
    begin_cycle();
    posted_ = posted;
    end_cycle();
}

void pool::drained_elsewhere(joint_drain& drain, bool cut_off) noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (abandoned_)
            return;
    }
    --drain.left;
    drain.cut_off = drain.cut_off || cut_off;
    cycle(false);
}

void pool::begin_cycle() noexcept {
    assert(executor_.running_in_this_thread());
    scheduler_.begin_cycle(now_ = clock::now());
}

void pool::take_submitted() noexcept {
    call_list calls;
    std::shared_ptr<tls_context> reloaded;
    std::vector<boost::intrusive_ptr<call_group>> closed_groups;
    bool close = false;
    bool token_changed = false;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(posted_, false))
            cycle_scheduled_ = false;
        else if (!inbox_.urgent)
            return; // calls alone wait for the posted cycle, so that those of several handlers go out together
        inbox_.urgent = false;
        calls = std::exchange(inbox_.calls, {});
        cancellations_.swap(inbox_.cancellations);
        reloaded = std::exchange(inbox_.tls, nullptr);
        closed_groups.swap(inbox_.closed_groups);
        close = std::exchange(inbox_.close, false);
        token_changed = std::exchange(inbox_.token_changed, false);
    }
    if (reloaded) { // first, since a caller who saw `reload_tls` return gets the new settings
        tls_ = std::move(reloaded);
        scheduler_.drain_connections();
    }
    if (token_changed)
        scheduler_.follow_tokens();
    while (call* const value = take_front(calls)) {
        if (value->cancel_id != 0)
            cancellable_.insert(*value);
        if (value->asks) {
            value->take_description(scheduler_.describe());
            finished(*value);
        } else {
            scheduler_.submit(*value);
        }
    }
    for (const auto& [id, only_unsent] : cancellations_)
        if (call* const value = cancellable_.find(id))
            scheduler_.cancel(*value, only_unsent);
    cancellations_.clear();
    for (const auto& group : closed_groups)
        scheduler_.close(*group);
    if (close) // what was submitted before it fails with it, as what was in flight does
        scheduler_.close();
}

token_view pool::look_at_token(call_group& of) {
    if (!token_link_)
        token_link_ = std::make_shared<token_link>(*this);
    if (!of.subscription)
        of.subscription = of.tokens->subscribe(base_executor_, token_link_);
    return of.subscription->look(now_);
}
token_lifecycle::verdict pool::refuse_token(call_group& of, const std::shared_ptr<const std::string>& used) {
    return of.subscription->refuse(used, now_); // there is one, since the token came with it
}
void pool::leave_token(call_group& of) noexcept { of.subscription = nullptr; }

// Under the mutex to the end, other than `put_in`: this comes from threads that do not know whether the execution
// context is being destroyed, which waits for the link's mutex before anything goes. A pool that nobody owns any more
// waits for that mutex too, to be destroyed.
void pool::token_changed() noexcept {
    const std::lock_guard lock(mutex_);
    inbox_.token_changed = inbox_.urgent = true;
    if (cycle_scheduled_)
        return;
    if (auto self = weak_from_this().lock()) { // which the cycle owns, so that it does not end here
        cycle_scheduled_ = true;
        post_cycle(std::move(self));
    }
}

void pool::finished(call& value) noexcept {
    if (value.cancel_id != 0)
        cancellable_.erase(value);
    finished_.push_back(value);
}

void pool::end_cycle() noexcept {
    scheduler_.end_cycle();
    deliver();
    arm_timer();
}

// Where one thread runs the context, a handler that belongs to that context needs no round of Asio's
// scheduler: it runs after the cycle.
void pool::deliver() noexcept {
    while (call* const value = take_front(finished_))
        if (settings_.single_threaded && io_context_ &&
            value->runs_inside(asio::query(*io_context_, asio::execution::context)))
            completing_.push_back(*value);
        else
            pending_call::submit_completion(call_handle(value), base_executor_);
}

// Behind each function of the executor, where there is no strand. A handler may start calls, run the context,
// destroy the client, or throw.
void pool::run_completions() {
    if (completing_.empty())
        return;
    const auto self = shared_from_this();
    while (call* const value = take_front(completing_)) {
        try {
            pending_call::complete(call_handle(value));
        } catch (...) {
            if (!completing_.empty())
                asio::post(executor_, [self] {}); // the others run behind it
            throw;
        }
    }
}

// Fires when the first time has come, or earlier; it is moved only when an earlier time comes up.
void pool::arm_timer() noexcept {
    const auto next = scheduler_.next_time();
    if (!next) {
        if (armed_) {
            armed_.reset();
            timer_->cancel();
        }
        return;
    }
    if (armed_ && *armed_ <= *next)
        return;
    armed_ = next;
    timer_->expires_after(*next - now_);
    timer_->async_wait([self = shared_from_this()](const error_code& ec) {
        if (!ec) {
            self->armed_.reset();
            self->cycle(false);
        }
    });
}

std::shared_ptr<stream> pool::make_stream(stream_owner& owner) {
    return std::make_shared<socket_stream>(static_cast<transport_host&>(*this), owner, settings_.endpoint);
}

} // namespace bandwidth::webrtc::detail
