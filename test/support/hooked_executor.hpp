#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "support/forwarding_executor.hpp"

namespace support {

/// An executor that hands everything to another one, and calls a hook before: it may throw, as scheduling
/// does where memory ends, and by `false` it says that the function is to be dropped.
class hooked_executor : public forwarding_executor<hooked_executor, std::function<bool()>> {
public:
    hooked_executor(asio::any_io_executor inner, std::function<bool()> hook)
        : forwarding_executor(std::move(inner), std::make_shared<std::function<bool()>>(std::move(hook))) {}

    template <class Function>
    void execute(Function&& function) const {
        std::decay_t<Function> taken(std::forward<Function>(function));
        if ((*state_)())
            inner_.execute(std::move(taken));
    }
};

} // namespace support
