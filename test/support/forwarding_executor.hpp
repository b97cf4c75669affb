#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <memory>
#include <type_traits>
#include <utility>

namespace support {

namespace asio = boost::asio;

/// The part of `Executor` that hands its properties to another executor. Its copies share a `State`.
template <class Executor, class State>
class forwarding_executor {
public:
    template <class Property>
    auto query(const Property& property) const
        -> decltype(asio::query(std::declval<const asio::any_io_executor&>(), property)) {
        return asio::query(inner_, property);
    }
    template <class Property>
    auto require(const Property& property) const
        -> std::enable_if_t<asio::can_require_v<const asio::any_io_executor&, Property>, Executor> {
        return with(asio::require(inner_, property));
    }
    template <class Property>
    auto prefer(const Property& property) const
        -> std::enable_if_t<asio::can_prefer_v<const asio::any_io_executor&, Property>, Executor> {
        return with(asio::prefer(inner_, property));
    }

    friend bool operator==(const Executor& a, const Executor& b) noexcept {
        return a.state_ == b.state_ && a.inner_ == b.inner_;
    }

protected:
    forwarding_executor(asio::any_io_executor inner, std::shared_ptr<State> state)
        : inner_(std::move(inner)), state_(std::move(state)) {}

    asio::any_io_executor inner_;
    std::shared_ptr<State> state_;

private:
    Executor with(asio::any_io_executor inner) const {
        Executor made(static_cast<const Executor&>(*this));
        made.inner_ = std::move(inner);
        return made;
    }
};

} // namespace support
