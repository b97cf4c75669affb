#pragma once

#include <memory>

#include "pool/call.hpp"
#include "transport/serial_executor.hpp"

namespace bandwidth::webrtc::detail {

/// Finished calls with the same executor, on their way there: a function object that runs their handlers one
/// after the other. A handler that throws ends this run; the rest goes on in a run of its own. Destroyed
/// without having been run, as when an execution context is destroyed, it destroys the handlers.
class completion_batch {
public:
    completion_batch(std::shared_ptr<pool> home, call_list calls) noexcept;
    completion_batch(completion_batch&& other) noexcept;
    completion_batch& operator=(completion_batch&&) = delete;
    ~completion_batch();

    /// Sends the batch to the executor of its first call; where `strand` is given, whose executor below is
    /// the same, by way of `execute_outside`. Gives the calls back when that throws.
    static call_list send(completion_batch&& batch, const serial_executor* strand) noexcept;

    void operator()();

private:
    std::shared_ptr<pool> home_;
    call_list calls_;
};

} // namespace bandwidth::webrtc::detail
