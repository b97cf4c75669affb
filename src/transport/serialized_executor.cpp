#include "transport/serialized_executor.hpp"

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;

// As a continuation (`relationship.continuation`) a function would wait for the end of the one that gave it,
// which may be a caller's handler that blocks until the call is done. So the executor is asked to fork.

serialized_executor serialized_executor::strand(const asio::any_io_executor& below) {
    auto shared = [&] {
        if (const auto* const known = below.target<io_executor>()) {
            const auto forks = asio::require(*known, asio::execution::relationship.fork);
            return shared_state{choice<asio::strand<io_executor>, true>(asio::make_strand(forks))};
        }
        const auto forks = asio::prefer(below, asio::execution::relationship.fork);
        return shared_state{choice<asio::strand<asio::any_io_executor>, true>(asio::make_strand(forks))};
    };
    return {std::make_shared<shared_state>(shared()), false};
}

serialized_executor serialized_executor::single_threaded(const asio::any_io_executor& below,
                                                         void (*behind)(void*), void* argument) {
    auto shared = [&] {
        if (const auto* const known = below.target<io_executor>()) {
            const auto forks = asio::require(*known, asio::execution::relationship.fork);
            return shared_state{choice<io_executor, false>(forks), behind, argument};
        }
        const auto forks = asio::prefer(below, asio::execution::relationship.fork);
        return shared_state{choice<asio::any_io_executor, false>(forks), behind, argument};
    };
    return {std::make_shared<shared_state>(shared()), false};
}

asio::execution_context& serialized_executor::query(asio::execution::context_t) const noexcept {
    return std::visit(
        [](const auto& chosen) -> asio::execution_context& {
            return asio::query(chosen.never, asio::execution::context);
        },
        shared_->executor);
}

bool serialized_executor::running_in_this_thread() const noexcept {
    return std::visit(
        [](const auto& chosen) {
            if constexpr (std::decay_t<decltype(chosen)>::is_strand)
                return chosen.possibly.running_in_this_thread();
            else
                return true;
        },
        shared_->executor);
}

} // namespace bandwidth::webrtc::detail
