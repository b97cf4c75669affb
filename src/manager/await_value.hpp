#pragma once

#include <bandwidth/webrtc/operation.hpp>
#include <utility>

#include "pool/call.hpp"

// The throwing form, which is instantiated beside `take_result` for each result type.

namespace bandwidth::webrtc::detail {

template <class T>
asio::awaitable<T> await_value(call_handle call) {
    webrtc::operation<T> started(std::move(call));
    auto outcome = co_await std::move(started);
    if constexpr (std::is_void_v<T>)
        outcome.value();
    else
        co_return std::move(outcome).value();
}

} // namespace bandwidth::webrtc::detail
