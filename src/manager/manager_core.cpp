#include "manager/manager_core.hpp"

#include <atomic>
#include <utility>

#include "core/http_grammar.hpp"
#include "manager/await_value.hpp"
#include "manager/header_lines.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// In the order in which threads ask first, so that those of one client are spread evenly over its shards.
std::size_t number_of_this_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    static thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number;
}

/// Sends no request, and so gets no response.
class call_without_request : public call {
public:
    settled settle(const response&, std::chrono::nanoseconds) final { return settled::value; }
    void settle(failure reason) final { reason_ = std::move(reason); }
    failure* reason() final { return reason_.code() ? &reason_ : nullptr; }
    void recycle() noexcept final {
        forget_handler();
        delete this;
    }

protected:
    explicit call_without_request(const std::shared_ptr<pool>& of) { home() = of; }

private:
    failure reason_;
};

class drain_call final : public call_without_request {
public:
    explicit drain_call(const std::shared_ptr<pool>& of) : call_without_request(of) { is_drain = true; }
};

class description_call final : public call_without_request {
public:
    explicit description_call(const std::shared_ptr<pool>& of) : call_without_request(of) { asks = true; }
    void take_description(std::string text) override { text_ = std::move(text); }
    std::string& text() noexcept { return text_; }

private:
    std::string text_;
};

} // namespace

template <>
result<std::string> take_result<std::string>(call_handle handle) {
    auto& done = static_cast<description_call&>(*handle);
    if (auto* const reason = done.reason())
        return std::move(*reason);
    return std::move(done.text());
}

// One after the other: shards are few, and a page that a person looks at need not be quick.
asio::awaitable<std::string> manager_core::describe(std::shared_ptr<manager_core> of) {
    std::string all;
    for (std::size_t shard = 0; shard < of->pools().size(); ++shard) {
        // With its namespace: detail::operation is an enumeration (api/webrtc/routes.hpp).
        webrtc::operation<std::string> asked(call_handle(new description_call(of->pools()[shard])));
        auto outcome = co_await std::move(asked);
        if (of->pools().size() > 1)
            all += "shard " + std::to_string(shard + 1) + " of " + std::to_string(of->pools().size()) + ": ";
        all += std::move(outcome).value();
    }
    co_return all;
}

manager_core::manager_core(const asio::any_io_executor& executor, const manager_settings& settings)
    : host_header_(settings.host_header)
    , timeout_(settings.timeout)
    , sessions_kept_(settings.most_connections_of_a_shard() * 2) {
    auto contexts =
        settings.loaded
            ? for_shards(std::make_shared<tls_context>(*settings.loaded, sessions_kept_), settings.shards)
            : load(settings.tls, settings.shards);
    pools_.reserve(settings.shards);
    for (std::size_t i = 0; i < settings.shards; ++i)
        pools_.push_back(pool::make(executor, settings.of_shard(i), std::move(contexts[i])));
}

std::size_t manager_core::shard_of_this_thread() const noexcept {
    return pools_.size() == 1 ? 0 : number_of_this_thread() % pools_.size();
}

// The settings are read once; a context for each shard.
std::vector<std::shared_ptr<tls_context>> manager_core::load(const tls_settings& settings,
                                                             std::size_t count) const {
    return for_shards(std::make_shared<tls_context>(settings, sessions_kept_), count);
}

std::vector<std::shared_ptr<tls_context>> manager_core::for_shards(std::shared_ptr<tls_context> first,
                                                                   std::size_t count) const {
    std::vector<std::shared_ptr<tls_context>> contexts;
    contexts.reserve(count);
    contexts.push_back(std::move(first));
    while (contexts.size() < count)
        contexts.push_back(std::make_shared<tls_context>(*contexts.front(), sessions_kept_));
    return contexts;
}

void manager_core::reload_tls(const tls_settings& settings) {
    auto contexts = load(settings, pools_.size());
    // From here on nothing fails: all shards change, or none.
    for (std::size_t i = 0; i < pools_.size(); ++i)
        pools_[i]->reload_tls(std::move(contexts[i]));
}

void manager_core::close() noexcept {
    for (const auto& each : pools_)
        each->close();
}

client_stats manager_core::stats() const {
    client_stats sum;
    for (const auto& each : pools_)
        each->stats().add_to(sum);
    return sum;
}

call_handle manager_core::prepare_drain(std::chrono::nanoseconds limit,
                                        std::span<const boost::intrusive_ptr<call_group>> groups) {
    std::vector<call_handle> parts;
    parts.reserve(pools_.size());
    for (std::size_t i = 0; i < pools_.size(); ++i) {
        auto* const part = new drain_call(pools_[i]);
        parts.emplace_back(part);
        part->timeout = limit;
        if (!groups.empty())
            part->group = groups[i];
    }
    auto first = std::move(parts.front());
    parts.erase(parts.begin());
    if (!parts.empty())
        static_cast<call&>(*first).extras().joint =
            std::make_shared<joint_drain>(joint_drain{std::move(parts), pools_.size() - 1});
    return first;
}

void refuse_if(call& value, const std::optional<std::string>& problem) {
    if (problem && !value.refused())
        value.extras().refused.emplace(errc::invalid_argument, *problem);
}

void apply(const call_options& options, std::chrono::nanoseconds default_timeout, call& to) {
    if (const auto& refused = call_options_access::refused_header(options); !refused.empty())
        refuse_if(to, refused);
    if (options.attempt_timeout()) {
        if (options.attempt_timeout()->count() <= 0)
            refuse_if(to, "attempt_timeout is not over 0");
        to.extras().attempt_timeout = *options.attempt_timeout();
    }
    if (options.retry()) {
        refuse_if(to, validate(*options.retry()));
        to.extras().retry = *options.retry();
    }
    if (options.info()) {
        to.extras().info = options.info();
        to.extras().is_timed = true;
        to.request.keeps_fields = true;
    }
    if (options.trace() && options.trace()->valid()) {
        const auto& lines = call_options_access::header_lines(options);
        for (const auto* const name : {"traceparent", "tracestate", "baggage"})
            if (has_field(lines, name))
                refuse_if(to, std::string("header ") + name + ": trace() sends it");
        to.extras().trace = *options.trace();
    }
    to.request.dedicated_connection = options.dedicated_connection();
    to.timeout = options.timeout().value_or(default_timeout);
    to.allow_resend = options.allow_resend();
}

} // namespace bandwidth::webrtc::detail
