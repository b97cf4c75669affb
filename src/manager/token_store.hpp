#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "policy/token_lifecycle.hpp"

namespace bandwidth::webrtc::detail {

/// A pool, as a `token_store` knows it.
class token_user {
public:
    /// Any thread: `token_store::look` has something else to say.
    virtual void token_changed() noexcept = 0;

protected:
    ~token_user() = default;
};

/// An access token that several pools share, and the way to fetch it. Thread safety: safe. No function waits for the
/// network, and none calls a user.
class token_store {
public:
    virtual ~token_store() = default;
    token_store(const token_store&) = delete;
    token_store& operator=(const token_store&) = delete;

    /// The token. Begins a fetch where one is due, on `executor`. From then on `user` is told of changes, until it
    /// leaves or is destroyed.
    virtual token_view look(time_point now, const asio::any_io_executor& executor,
                            const std::weak_ptr<token_user>& user) noexcept = 0;
    /// See `token_lifecycle::refuse`; as for `look`.
    virtual token_lifecycle::verdict refuse(const std::shared_ptr<const std::string>& used, time_point now,
                                            const asio::any_io_executor& executor) noexcept = 0;
    /// `user` needs the token no more. When nobody does, nothing is left on the executor.
    virtual void leave(const token_user* user) noexcept = 0;

protected:
    token_store() = default;
};

} // namespace bandwidth::webrtc::detail
