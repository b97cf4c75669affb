#pragma once

#include <boost/asio/execution_context.hpp>
#include <type_traits>

namespace bandwidth::webrtc::detail {

template <class T>
concept execution_context = std::is_convertible_v<T&, boost::asio::execution_context&>;

} // namespace bandwidth::webrtc::detail
