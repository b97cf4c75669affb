#pragma once

#include <bandwidth/webrtc/result.hpp>
#include <boost/asio/cancellation_type.hpp>

namespace bandwidth::webrtc {

/// For a parallel group of `try_` calls: the first value ends the group, and cancels the calls that are left.
///
/// Asio's `wait_for_one_success` knows errors as `error_code` and `exception_ptr`, so to it every `result` is
/// a success, failures too. In a group of `async_` calls it does what it says.
/// Thread safety: distinct objects safe.
class wait_for_one_value {
public:
    /// \param type how the calls that are left are cancelled.
    explicit wait_for_one_value(
        boost::asio::cancellation_type type = boost::asio::cancellation_type::all) noexcept
        : type_(type) {}

    template <class T>
    boost::asio::cancellation_type operator()(const result<T>& outcome) const noexcept {
        return outcome.has_value() ? type_ : boost::asio::cancellation_type::none;
    }

private:
    boost::asio::cancellation_type type_;
};

/// For a parallel group of `try_` calls: the first failure ends the group, and cancels the calls that are
/// left. As Asio's `wait_for_one_error`, which never sees a failure in a `result`.
/// Thread safety: distinct objects safe.
class wait_for_one_failure {
public:
    /// \param type how the calls that are left are cancelled.
    explicit wait_for_one_failure(
        boost::asio::cancellation_type type = boost::asio::cancellation_type::all) noexcept
        : type_(type) {}

    template <class T>
    boost::asio::cancellation_type operator()(const result<T>& outcome) const noexcept {
        return outcome.has_error() ? type_ : boost::asio::cancellation_type::none;
    }

private:
    boost::asio::cancellation_type type_;
};

} // namespace bandwidth::webrtc
