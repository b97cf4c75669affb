#pragma once

#include <bandwidth/webrtc/result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <exception>

namespace bandwidth::webrtc {

namespace detail {

// What a handler is given first tells whether its operation has failed.
inline bool has_failed() noexcept { return false; }
template <class First, class... Rest>
bool has_failed(const First&, const Rest&...) noexcept {
    return false;
}
template <class... Rest>
bool has_failed(const error_code& code, const Rest&...) noexcept {
    return code.failed();
}
template <class... Rest>
bool has_failed(const std::exception_ptr& thrown, const Rest&...) noexcept {
    return thrown != nullptr;
}
template <class T>
bool has_failed(const result<T>& outcome) noexcept {
    return outcome.has_error();
}

/// Ends a group with its first failure, or with its first success.
template <bool Failure>
class wait_for_one {
public:
    /// \param type how the operations that are left are cancelled.
    explicit wait_for_one(boost::asio::cancellation_type type = boost::asio::cancellation_type::all) noexcept
        : type_(type) {}

    /// For Asio's group: how its other operations are cancelled when one has ended with `outcome`.
    template <class... Outcome>
    boost::asio::cancellation_type operator()(const Outcome&... outcome) const noexcept {
        return has_failed(outcome...) == Failure ? type_ : boost::asio::cancellation_type::none;
    }

private:
    boost::asio::cancellation_type type_;
};

} // namespace detail

/// For a parallel group of `try_` calls: the first value ends the group, and cancels the calls that are left.
///
/// Asio's `wait_for_one_success` knows errors as `error_code` and `exception_ptr`, so to it every `result` is
/// a success, failures too. In a group of `async_` calls it does what it says. This one knows all three, so
/// other operations may be in the group, such as a timer.
/// Its constructor takes the type of the cancellation; default `all`.
/// Thread safety: distinct objects safe.
using wait_for_one_value = detail::wait_for_one<false>;

/// For a parallel group of `try_` calls: the first failure ends the group, and cancels the calls that are
/// left. As Asio's `wait_for_one_error`, which never sees a failure in a `result`.
/// Its constructor takes the type of the cancellation; default `all`.
/// Thread safety: distinct objects safe.
using wait_for_one_failure = detail::wait_for_one<true>;

} // namespace bandwidth::webrtc
