#include "transport/serialized_executor.hpp"

#include <boost/asio/system_executor.hpp>

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;

namespace {

// Gives `make` the executor by its own type where that is known. As a continuation
// (`relationship.continuation`) a function would wait for the end of the one that gave it, which may be a
// caller's handler that blocks until the call is done. So the executor is asked to fork.
template <class Make>
auto with_forking(const asio::any_io_executor& below, Make make) {
    if (const auto* const known = below.target<asio::io_context::executor_type>())
        return make(asio::require(*known, asio::execution::relationship.fork));
    return make(asio::prefer(below, asio::execution::relationship.fork));
}

} // namespace

serialized_executor serialized_executor::strand(const asio::any_io_executor& below) {
    const auto make = [](const auto& forks) {
        return shared_state{
            choice<asio::strand<std::decay_t<decltype(forks)>>, true>(asio::make_strand(forks))};
    };
    return {std::make_shared<shared_state>(with_forking(below, make)), false};
}

serialized_executor serialized_executor::single_threaded(const asio::any_io_executor& below) {
    const auto make = [](const auto& forks) {
        return shared_state{choice<std::decay_t<decltype(forks)>, false>(forks)};
    };
    return {std::make_shared<shared_state>(with_forking(below, make)), false};
}

void serialized_executor::leave_context() noexcept {
    shared_->executor.emplace<choice<asio::any_io_executor, false>>(
        asio::any_io_executor(asio::system_executor()));
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
