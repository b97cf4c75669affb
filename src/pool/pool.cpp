#include "pool/pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <ctime>
#include <utility>

#include "pool/completion_batch.hpp"
#include "pool/pool_service.hpp"

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

} // namespace

std::shared_ptr<pool> pool::make(const asio::any_io_executor& executor, pool_settings settings) {
    std::shared_ptr<pool> made(new pool(executor, std::move(settings)));
    asio::use_service<pool_service>(asio::query(executor, asio::execution::context)).add(made);
    if (made->settings_.dispatch.min_connections != 0)
        asio::post(made->strand_, [made] {
            made->begin_turn();
            made->end_turn();
        });
    return made;
}

pool::pool(const asio::any_io_executor& executor, pool_settings settings)
    : settings_(std::move(settings))
    , base_executor_(executor)
    , strand_(asio::make_strand(executor))
    , timer_(strand_)
    , tls_(make_context(settings_.tls))
    , names_(std::make_shared<name_lookup>(strand_, settings_.endpoint.host, settings_.endpoint.port,
                                           settings_.names))
    , encoder_(settings_.host_header, settings_.user_agent)
    , credentials_generation_(settings_.credentials->generation())
    , dispatcher_(settings_.dispatch, encoder_, *this) {
    encoder_.set_authorization(authorization());
    settings_.tls = {}; // a private key may be in it
}

std::shared_ptr<tls_context> pool::make_context(const tls_settings& settings) const {
    return std::make_shared<tls_context>(settings, settings_.dispatch.max_connections * 2);
}

void pool::reload_tls(const tls_settings& settings) {
    asio::post(strand_, [self = shared_from_this(), context = make_context(settings)]() mutable {
        self->use(std::move(context));
    });
}

// Before the turn takes what was submitted: a caller who saw `reload_tls` return gets the new settings.
void pool::use(std::shared_ptr<tls_context> context) {
    dispatcher_.begin_turn(now_ = clock_now());
    tls_ = std::move(context);
    dispatcher_.retire_all();
    refresh_credentials();
    take_submitted();
    end_turn();
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
    dispatcher_.abandon();
    while (call* const value = finished_.pop_front())
        value->recycle();
    call* submitted = submitted_.exchange(nullptr);
    while (submitted) {
        call* const next = std::exchange(submitted->next, nullptr);
        submitted->recycle();
        submitted = next;
    }
}

void pool::submit(call& value) {
    // Once it is on the list another thread may complete it and let go of the pool.
    const auto self = shared_from_this();
    call* head = submitted_.load(std::memory_order_relaxed);
    do {
        value.next = head;
    } while (!submitted_.compare_exchange_weak(head, &value, std::memory_order_release,
                                               std::memory_order_relaxed));
    if (!head)
        asio::post(strand_, [self] {
            self->begin_turn();
            self->end_turn();
        });
}

void pool::cancel(std::uint64_t id) {
    asio::post(strand_, [self = shared_from_this(), id] {
        self->begin_turn();
        self->dispatcher_.cancel(id);
        self->end_turn();
    });
}

void pool::close() {
    asio::post(strand_, [self = shared_from_this()] {
        self->begin_turn();
        self->dispatcher_.close();
        self->end_turn();
    });
}

void pool::begin_turn() {
    dispatcher_.begin_turn(now_ = clock_now());
    refresh_credentials();
    take_submitted();
}

void pool::take_submitted() {
    call* newest = submitted_.exchange(nullptr, std::memory_order_acquire);
    call* oldest = nullptr;
    while (newest)
        oldest = std::exchange(newest, std::exchange(newest->next, oldest));
    while (oldest) {
        call& value = *std::exchange(oldest, std::exchange(oldest->next, nullptr));
        dispatcher_.submit(value);
    }
}

void pool::end_turn() {
    dispatcher_.end_turn();
    deliver();
    arm_timer();
}

void pool::deliver() {
    while (call* const first = finished_.pop_front()) {
        call_list together;
        together.push_back(*first);
        while (!finished_.empty() && finished_.front()->executor() == first->executor())
            together.push_back(*finished_.pop_front());
        completion_batch::post(completion_batch(shared_from_this(), together));
    }
}

// Fires when the first time has come, or earlier; it is moved only when an earlier time comes up.
void pool::arm_timer() {
    const auto next = dispatcher_.next_time();
    if (!next || (armed_ && *armed_ <= *next)) {
        if (!next && armed_) {
            armed_.reset();
            timer_.cancel();
        }
        return;
    }
    armed_ = next;
    timer_.expires_after(*next - now_);
    timer_.async_wait([self = shared_from_this()](const error_code& ec) {
        if (ec)
            return;
        self->armed_.reset();
        self->begin_turn();
        self->end_turn();
    });
}

std::shared_ptr<connection> pool::make_connection(connection_events& events) {
    return std::make_shared<tls_connection>(static_cast<connection_host&>(*this), events, settings_.endpoint,
                                            settings_.dispatch.depth, settings_.limits);
}

} // namespace bandwidth::webrtc::detail
