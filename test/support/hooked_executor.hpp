#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace support {

namespace asio = boost::asio;

/// An executor that hands everything to another one, and calls a hook before: it may throw, as scheduling
/// does where memory ends, and by `false` it says that the function is to be dropped.
class hooked_executor {
public:
    hooked_executor(asio::any_io_executor inner, std::function<bool()> hook)
        : inner_(std::move(inner)), hook_(std::make_shared<std::function<bool()>>(std::move(hook))) {}

    template <class Function>
    void execute(Function&& function) const {
        std::decay_t<Function> taken(std::forward<Function>(function));
        if ((*hook_)())
            inner_.execute(std::move(taken));
    }

    template <class Property>
    auto query(const Property& property) const
        -> decltype(asio::query(std::declval<const asio::any_io_executor&>(), property)) {
        return asio::query(inner_, property);
    }
    template <class Property>
    auto require(const Property& property) const
        -> std::enable_if_t<asio::can_require_v<const asio::any_io_executor&, Property>, hooked_executor> {
        return hooked_executor(asio::require(inner_, property), hook_);
    }
    template <class Property>
    auto prefer(const Property& property) const
        -> std::enable_if_t<asio::can_prefer_v<const asio::any_io_executor&, Property>, hooked_executor> {
        return hooked_executor(asio::prefer(inner_, property), hook_);
    }

    friend bool operator==(const hooked_executor& a, const hooked_executor& b) noexcept {
        return a.hook_ == b.hook_ && a.inner_ == b.inner_;
    }
    friend bool operator!=(const hooked_executor& a, const hooked_executor& b) noexcept { return !(a == b); }

private:
    hooked_executor(asio::any_io_executor inner, std::shared_ptr<std::function<bool()>> hook)
        : inner_(std::move(inner)), hook_(std::move(hook)) {}

    asio::any_io_executor inner_;
    std::shared_ptr<std::function<bool()>> hook_;
};

} // namespace support
