#include "manager/pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <ctime>
#include <new>
#include <utility>

#include "core/http_grammar.hpp"
#include "manager/pool_service.hpp"
#include "transport/tls_stream.hpp"

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

std::shared_ptr<pool> pool::make(const asio::any_io_executor& executor, pool_settings settings,
                                 std::shared_ptr<tls_context> tls) {
    std::shared_ptr<pool> made(new pool(executor, std::move(settings), std::move(tls)));
    asio::use_service<pool_service>(asio::query(executor, asio::execution::context)).add(made);
    if (made->settings_.schedule.min_connections != 0)
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
    , scheduler_(settings_.schedule, encoder_, *this) {
    encoder_.set_authorization(authorization());
    if (const auto* const known = executor.target<asio::io_context::executor_type>())
        io_context_.emplace(*known);
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
    scheduler_.on_context_shutdown();
    const auto recycle = [](call* value) { value->recycle(); };
    while (!finished_.empty()) {
        auto& value = finished_.front();
        finished_.pop_front();
        value.recycle();
    }
    std::vector<call*> submitted;
    {
        const std::lock_guard lock(sorted_mutex_);
        submitted.swap(submitted_);
    }
    for (auto* const value : submitted)
        recycle(value);
}

void pool::submit(call& value) {
    {
        const std::lock_guard lock(sorted_mutex_);
        submitted_.push_back(&value);
    }
    post_turn();
}

void pool::post_turn() {
    if (scheduled_.exchange(true))
        return;
    asio::post(strand_, [self = shared_from_this()] {
        self->scheduled_ = false;
        self->turn();
    });
}

void pool::cancel(std::uint64_t id) {
    asio::post(strand_, [self = shared_from_this(), id] {
        self->begin_cycle();
        static_cast<void>(id);
        self->end_cycle();
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
    begin_cycle();
    end_cycle();
}

void pool::begin_cycle() noexcept { scheduler_.begin_cycle(now_ = clock_now()); }

void pool::take_submitted() noexcept {
    refresh_credentials();
    // What was submitted before it fails with it, as what was in flight does.
    const bool closes = close_requested_.load(std::memory_order_acquire);
    std::vector<call*> submitted;
    std::shared_ptr<tls_context> reloaded;
    {
        const std::lock_guard lock(sorted_mutex_);
        submitted.swap(submitted_);
        if (next_tls_)
            reloaded = std::move(next_tls_);
    }
    if (reloaded) { // first, since a caller who saw `reload_tls` return gets the new settings
        tls_ = std::move(reloaded);
        scheduler_.drain_connections();
    }
    for (call* const value : submitted)
        scheduler_.submit(*value);
    if (closes)
        scheduler_.close();
}

void pool::end_cycle() noexcept {
    scheduler_.end_cycle();
    deliver();
    arm_timer();
}

void pool::deliver() noexcept {
    while (!finished_.empty()) {
        auto& value = finished_.front();
        finished_.pop_front();
        asio::post(value.executor(), [home = shared_from_this(), done = call_handle(&value)]() mutable {
            static_cast<call&>(*done).home() = std::move(home);
            pending_call::complete(std::move(done));
        });
    }
}

// Fires when the first time has come, or earlier; it is moved only when an earlier time comes up.
void pool::arm_timer() noexcept {
    const auto next = scheduler_.next_time();
    if (!next || (armed_ && *armed_ <= *next)) {
        if (!next && armed_) {
            armed_.reset();
            timer_.cancel();
        }
        return;
    }
    timer_.expires_after(*next - now_);
    timer_.async_wait([self = shared_from_this()](const error_code& ec) {
        if (ec)
            return;
        self->armed_.reset();
        self->turn();
    });
    armed_ = next;
}

std::shared_ptr<stream> pool::make_stream(stream_owner& owner) {
    return std::make_shared<tls_stream>(static_cast<transport_host&>(*this), owner, settings_.endpoint);
}

} // namespace bandwidth::webrtc::detail
