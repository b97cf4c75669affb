#pragma once

#include <boost/asio/execution_context.hpp>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "manager/pool.hpp"

namespace bandwidth::webrtc::detail {

/// Tells the pools of an execution context when it is shut down. A coroutine that waits for a call may own
/// the client, and so the pool, that keeps its call: nothing but this breaks that circle when the context is
/// destroyed before the call completes.
class pool_service final : public boost::asio::execution_context::service {
public:
    using key_type = pool_service;
    static boost::asio::execution_context::id id;

    explicit pool_service(boost::asio::execution_context& context) : service(context) {}

    void add(const std::shared_ptr<pool>& value) {
        const std::lock_guard lock(mutex_);
        std::erase_if(pools_, [](const std::weak_ptr<pool>& known) { return known.expired(); });
        pools_.push_back(value);
    }

private:
    void shutdown() override {
        std::unique_lock lock(mutex_);
        const auto pools = std::exchange(pools_, {});
        lock.unlock();
        for (const auto& known : pools)
            if (const auto value = known.lock())
                value->abandon();
    }

    std::mutex mutex_;
    std::vector<std::weak_ptr<pool>> pools_;
};

inline boost::asio::execution_context::id pool_service::id;

} // namespace bandwidth::webrtc::detail
