#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "policy/token_lifecycle.hpp"

namespace bandwidth::webrtc::detail {

/// Who is told that a token has changed.
class token_user {
public:
    /// Any thread: `token_subscription::look` has something else to say.
    virtual void token_changed() noexcept = 0;

protected:
    ~token_user() = default;
};

/// What one group of calls has of a token that others use too. A fetch that is begun through it runs on the executor
/// of the group's pool, over a connection manager of its own, and ends with it: then whoever else needs the token
/// begins another one. Thread safety: none; used, and destroyed, on the pool's strand or while the execution context is
/// shut down.
class token_subscription {
public:
    virtual ~token_subscription() = default;
    token_subscription(const token_subscription&) = delete;
    token_subscription& operator=(const token_subscription&) = delete;

    /// The token. Begins a fetch where one is due.
    virtual token_view look(time_point now) noexcept = 0;
    /// See `token_lifecycle::refuse`.
    virtual token_lifecycle::verdict refuse(const std::shared_ptr<const std::string>& used,
                                            time_point now) noexcept = 0;

protected:
    token_subscription() = default;
};

/// An access token that several pools share, and the way to fetch it. Thread safety: safe.
class token_store {
public:
    virtual ~token_store() = default;
    token_store(const token_store&) = delete;
    token_store& operator=(const token_store&) = delete;

    /// \param user is told of changes until the subscription is destroyed; it may be told of one more meanwhile.
    virtual std::shared_ptr<token_subscription> subscribe(const boost::asio::any_io_executor& executor,
                                                          std::shared_ptr<token_user> user) = 0;

protected:
    token_store() = default;
};

} // namespace bandwidth::webrtc::detail
