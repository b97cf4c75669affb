#include "manager/pool_service.hpp"

#include "manager/pool.hpp"

namespace bandwidth::webrtc::detail {

boost::asio::execution_context::id pool_service::id;

void pool_service::add(const std::shared_ptr<pool>& value) {
    const std::lock_guard lock(mutex_);
    std::erase_if(pools_, [](const std::weak_ptr<pool>& known) { return known.expired(); });
    pools_.push_back(value);
}

void pool_service::shutdown() {
    std::vector<std::weak_ptr<pool>> pools;
    {
        const std::lock_guard lock(mutex_);
        pools.swap(pools_);
    }
    for (const auto& known : pools)
        if (const auto value = known.lock())
            value->abandon();
}

} // namespace bandwidth::webrtc::detail
