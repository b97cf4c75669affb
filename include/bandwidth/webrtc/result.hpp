#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <boost/system/result.hpp>

namespace bandwidth::webrtc {

/// A value or a `failure`: what `try_` and `async_` operations give. `value()` throws `api_error`.
template <class T>
using result = boost::system::result<T, failure>;

/// Found by `result::value()`: turns a failure into the exception of the throwing form.
[[noreturn]] void throw_exception_from_error(const failure& error, const boost::source_location& where);

} // namespace bandwidth::webrtc
