#pragma once

#include <boost/asio/execution_context.hpp>
#include <memory>
#include <mutex>
#include <vector>

namespace bandwidth::webrtc::detail {

class pool;

/// Tells the pools of an execution context when it is shut down. A coroutine that waits for a call may own
/// the client, and so the pool, that keeps its call: nothing but this breaks that circle when the context is
/// destroyed before the call completes.
class pool_service final : public boost::asio::execution_context::service {
public:
    using key_type = pool_service;
    static boost::asio::execution_context::id id;

    explicit pool_service(boost::asio::execution_context& context) : service(context) {}
    void add(const std::shared_ptr<pool>& value);

private:
    void shutdown() override;

    std::mutex mutex_;
    std::vector<std::weak_ptr<pool>> pools_;
};

} // namespace bandwidth::webrtc::detail
