#include <algorithm>
#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "api/common/settings.hpp"
#include "api/common/validate.hpp"
#include "api/webrtc/api_call.hpp"
#include "api/webrtc/codec.hpp"
#include "api/webrtc/routes.hpp"
#include "manager/pool.hpp"

namespace bandwidth::webrtc {

namespace detail {

namespace {

// Large ones have a place of their own.
template <class T>
constexpr bool is_apart = std::is_same_v<T, participant> || std::is_same_v<T, created_participant>;

template <class T>
std::optional<std::string> decode_as(std::string_view body, api_call::value_type& value) {
    if constexpr (is_apart<T>)
        return codec::decode(body, *value.emplace<std::unique_ptr<T>>(std::make_unique<T>()));
    else
        return codec::decode(body, value.emplace<T>());
}

constexpr api_call::decoder no_value = nullptr;

// In the order in which threads ask first, so that those of one client are spread evenly over its shards.
std::size_t number_of_this_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    static thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number;
}

} // namespace

/// A pool, and the calls that are prepared for it. Closes the pool when it goes.
class shard {
public:
    shard(const asio::any_io_executor& executor, pool_settings settings, std::shared_ptr<tls_context> tls)
        : store_(new call_store())
        , pool_(detail::pool::make(executor, std::move(settings), std::move(tls))) {}
    ~shard() {
        if (pool_)
            pool_->close();
    }
    shard(shard&&) noexcept = default;
    shard& operator=(shard&&) = delete;

    detail::pool& pool() const noexcept { return *pool_; }
    /// A call, and its handle.
    std::pair<api_call&, call_handle> take() const {
        auto& call = store_->take(pool_);
        return {call, call_handle(&call)};
    }

private:
    boost::intrusive_ptr<call_store> store_;
    std::shared_ptr<detail::pool> pool_;
};

/// What a client is made of. Shards have nothing in common but the execution context.
class client_core {
public:
    client_core(const asio::any_io_executor& executor, const client_options& options,
                const checked_settings& settings)
        : account_path_(account_path(settings.path_prefix, options.account()))
        , timeout_(options.timeout())
        , sessions_kept_(settings.of_shard(0).schedule.max_connections * 2)
        , verify_ids_(options.verify_ids()) {
        auto contexts = load(settings.tls, settings.shards);
        shards_.reserve(settings.shards);
        for (std::size_t i = 0; i < settings.shards; ++i)
            shards_.emplace_back(executor, settings.of_shard(i), std::move(contexts[i]));
    }

    const std::vector<shard>& shards() const noexcept { return shards_; }

    void reload_tls(const tls_settings& settings) {
        auto contexts = load(settings, shards_.size());
        // From here on nothing fails: all shards change, or none.
        for (std::size_t i = 0; i < shards_.size(); ++i)
            shards_[i].pool().reload_tls(std::move(contexts[i]));
    }

    /// A call of `which`, complete but for its body.
    call_handle prepare(operation which, const session_id* session, const participant_id* participant,
                        const call_options& options, api_call::decoder decode) {
        auto [call, handle] = shard_of_this_thread().take();
        const auto& route = route_of(which);
        if (session)
            refuse_if(call, validate_id("session id", session->value()));
        if (participant)
            refuse_if(call, validate_id("participant id", participant->value()));
        if (!options.refused_header().empty())
            refuse_if(call, options.refused_header());
        if (options.attempt_timeout()) {
            if (options.attempt_timeout()->count() <= 0)
                refuse_if(call, "attempt_timeout is not over 0");
            call.extras().attempt_timeout = *options.attempt_timeout();
        }
        if (options.retry()) {
            refuse_if(call, validate(*options.retry()));
            call.extras().retry = *options.retry();
        }
        if (options.info()) {
            call.extras().info = options.info();
            call.request.keeps_fields = true;
        }
        if (!call.refused()) {
            call.request.method = route.method.data();
            call.request.kind = route.kind == request_class::unsafe && options.idempotent()
                                    ? request_class::idempotent
                                    : route.kind;
            call.request.dedicated_connection = options.dedicated_connection();
            call.request.has_content = route.has_body();
            path_ids ids;
            if (session)
                ids.session = session->value();
            if (participant)
                ids.participant = participant->value();
            const auto id_size = append_target(call.request.target, account_path_, which, ids);
            if (!options.header_lines().empty())
                call.request.rare().header_lines = options.header_lines();
            // These responses name what was asked for.
            if (verify_ids_ && (which == operation::get_session || which == operation::get_participant))
                call.asked_size = static_cast<std::uint16_t>(id_size); // 3 times 256 bytes at most
        }
        call.timeout = options.timeout().value_or(timeout_);
        call.allow_resend = options.allow_resend();
        call.ignore_not_found = route.is_delete() && options.ignore_not_found();
        call.decode = decode;
        return std::move(handle);
    }

    /// As above, with a body.
    template <class Body>
    call_handle prepare(operation which, const session_id* session, const participant_id* participant,
                        const call_options& options, api_call::decoder decode, const Body& body) {
        auto handle = prepare(which, session, participant, options, decode);
        auto& call = static_cast<api_call&>(*handle);
        if (!call.refused())
            refuse_if(call, codec::encode(body, call.request.rare().body));
        return handle;
    }

    call_handle prepare_drain(std::chrono::nanoseconds limit) {
        std::vector<call_handle> parts;
        parts.reserve(shards_.size());
        for (const auto& each : shards_) {
            auto [call, handle] = each.take();
            call.is_drain = true;
            call.timeout = limit;
            parts.push_back(std::move(handle));
        }
        auto first = std::move(parts.front());
        parts.erase(parts.begin());
        if (!parts.empty())
            static_cast<api_call&>(*first).extras().joint =
                std::make_shared<joint_drain>(joint_drain{std::move(parts), shards_.size() - 1});
        return first;
    }

private:
    /// The settings are read once; a context for each shard.
    std::vector<std::shared_ptr<tls_context>> load(const tls_settings& settings, std::size_t count) const {
        std::vector<std::shared_ptr<tls_context>> contexts;
        contexts.reserve(count);
        contexts.push_back(std::make_shared<tls_context>(settings, sessions_kept_));
        while (contexts.size() < count)
            contexts.push_back(std::make_shared<tls_context>(*contexts.front(), sessions_kept_));
        return contexts;
    }

    /// The calls that a thread makes stay together, so that they are written together.
    const shard& shard_of_this_thread() const noexcept {
        return shards_.size() == 1 ? shards_.front() : shards_[number_of_this_thread() % shards_.size()];
    }

    static void refuse_if(api_call& call, const std::optional<std::string>& problem) {
        if (problem && !call.refused())
            call.extras().refused.emplace(errc::invalid_argument, *problem);
    }

    std::string account_path_;
    std::chrono::nanoseconds timeout_;
    std::size_t sessions_kept_; // to resume, by each shard
    bool verify_ids_;
    std::vector<shard> shards_;
};

namespace {

/// What the end of another shard's drain calls, on the executor of the first one.
struct part_drained {
    using executor_type = serialized_executor;
    executor_type get_executor() const noexcept { return first->executor(); }
    void operator()(const result<void>& outcome) const {
        first->drained_elsewhere(*drain, outcome.has_error());
    }

    std::shared_ptr<pool> first;
    std::shared_ptr<joint_drain> drain;
};

// Before the function that drains returns, since what is called after it is refused in every shard; and
// before the first shard's own. All handlers are bound before the first part starts, so that what throws has
// started nothing. A part that ends at once is counted.
void start_parts(const std::shared_ptr<joint_drain>& joint, const std::shared_ptr<pool>& first) {
    auto parts = std::exchange(joint->parts, {});
    for (auto& part : parts)
        part->bind<as_result<void>>(part_drained{first, joint});
    for (auto& part : parts)
        start(std::move(part), {});
}

} // namespace

/// What a caller's cancellation signal calls. The call may be gone when its turn comes, so it goes by number.
struct cancel_hook {
    std::weak_ptr<pool> home;
    std::uint64_t id;

    void operator()(asio::cancellation_type type) const {
        using enum asio::cancellation_type;
        const bool at_once = (type & (terminal | partial)) != none;
        if (!at_once && (type & total) == none)
            return;
        if (const auto alive = home.lock())
            alive->cancel(id, !at_once);
    }
};

void call_releaser::operator()(pending_call* value) const noexcept {
    static_cast<api_call*>(value)->recycle();
}

void start(call_handle handle, asio::cancellation_slot slot) {
    auto& value = static_cast<api_call&>(*handle);
    const auto home = std::move(value.home());
    if (slot.is_connected()) {
        value.cancel_id = home->next_cancel_id();
        slot.assign(cancel_hook{home, value.cancel_id});
    }
    if (value.joint())
        start_parts(value.extras().joint, home);
    // From here on nothing throws.
    home->submit(value); // another thread may complete it at once
    static_cast<void>(handle.release());
}

template <class T>
result<T> take_result(call_handle handle) {
    auto& done = static_cast<api_call&>(*handle);
    if (auto* const reason = done.reason())
        return std::move(*reason);
    if constexpr (std::is_void_v<T>)
        return {};
    else if constexpr (is_apart<T>)
        return std::move(*std::get<std::unique_ptr<T>>(done.value()));
    else
        return std::move(std::get<T>(done.value()));
}

std::exception_ptr to_exception(const failure& reason) { return std::make_exception_ptr(api_error(reason)); }

template <class T>
asio::awaitable<T> await_value(call_handle call) {
    webrtc::operation<T> started(std::move(call));
    auto outcome = co_await std::move(started);
    if constexpr (std::is_void_v<T>)
        outcome.value();
    else
        co_return std::move(outcome).value();
}

template result<void> take_result<void>(call_handle);
template result<session> take_result<session>(call_handle);
template result<participant> take_result<participant>(call_handle);
template result<created_participant> take_result<created_participant>(call_handle);
template result<std::vector<participant>> take_result<std::vector<participant>>(call_handle);
template result<subscriptions> take_result<subscriptions>(call_handle);

template asio::awaitable<void> await_value<void>(call_handle);
template asio::awaitable<session> await_value<session>(call_handle);
template asio::awaitable<participant> await_value<participant>(call_handle);
template asio::awaitable<created_participant> await_value<created_participant>(call_handle);
template asio::awaitable<std::vector<participant>> await_value<std::vector<participant>>(call_handle);
template asio::awaitable<subscriptions> await_value<subscriptions>(call_handle);

} // namespace detail

using detail::call_handle;
using op = detail::operation;

client::client(executor_type executor, const client_options& options, detail::abi_check)
    : core_(std::make_shared<detail::client_core>(executor, options, detail::check(options))) {}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

client::executor_type client::get_executor() const {
    return core_ ? core_->shards().front().pool().base_executor() : executor_type();
}
void client::reload_tls(const client_options& options) { core_->reload_tls(detail::check_tls(options)); }

void client::close() {
    if (!core_)
        return;
    for (const auto& shard : core_->shards())
        shard.pool().close();
}

client_stats client::stats() const {
    client_stats sum;
    if (!core_)
        return sum;
    for (const auto& shard : core_->shards())
        shard.pool().stats().add_to(sum);
    return sum;
}

call_handle client::prepare_create_session(const session_request& request, const call_options& options) {
    return core_->prepare(op::create_session, nullptr, nullptr, options, detail::decode_as<session>, request);
}
call_handle client::prepare_get_session(const session_id& session, const call_options& options) {
    return core_->prepare(op::get_session, &session, nullptr, options, detail::decode_as<webrtc::session>);
}
call_handle client::prepare_delete_session(const session_id& session, const call_options& options) {
    return core_->prepare(op::delete_session, &session, nullptr, options, detail::no_value);
}
call_handle client::prepare_list_session_participants(const session_id& session,
                                                      const call_options& options) {
    return core_->prepare(op::list_session_participants, &session, nullptr, options,
                          detail::decode_as<std::vector<participant>>);
}
call_handle client::prepare_create_participant(const participant_request& request,
                                               const call_options& options) {
    return core_->prepare(op::create_participant, nullptr, nullptr, options,
                          detail::decode_as<created_participant>, request);
}
call_handle client::prepare_get_participant(const participant_id& participant, const call_options& options) {
    return core_->prepare(op::get_participant, nullptr, &participant, options,
                          detail::decode_as<webrtc::participant>);
}
call_handle client::prepare_delete_participant(const participant_id& participant,
                                               const call_options& options) {
    return core_->prepare(op::delete_participant, nullptr, &participant, options, detail::no_value);
}
call_handle client::prepare_add_participant_to_session(const session_id& session,
                                                       const participant_id& participant,
                                                       const subscriptions& subscribe,
                                                       const call_options& options) {
    return core_->prepare(op::add_participant_to_session, &session, &participant, options, detail::no_value,
                          subscribe);
}
call_handle client::prepare_remove_participant_from_session(const session_id& session,
                                                            const participant_id& participant,
                                                            const call_options& options) {
    return core_->prepare(op::remove_participant_from_session, &session, &participant, options,
                          detail::no_value);
}
call_handle client::prepare_get_participant_subscriptions(const session_id& session,
                                                          const participant_id& participant,
                                                          const call_options& options) {
    return core_->prepare(op::get_participant_subscriptions, &session, &participant, options,
                          detail::decode_as<subscriptions>);
}
call_handle client::prepare_update_participant_subscriptions(const session_id& session,
                                                             const participant_id& participant,
                                                             const subscriptions& subscribe,
                                                             const call_options& options) {
    return core_->prepare(op::update_participant_subscriptions, &session, &participant, options,
                          detail::no_value, subscribe);
}
call_handle client::prepare_drain(std::chrono::nanoseconds limit) { return core_->prepare_drain(limit); }

} // namespace bandwidth::webrtc
