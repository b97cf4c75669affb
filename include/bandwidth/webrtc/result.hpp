#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <boost/system/result.hpp>

namespace bandwidth::webrtc {

/// A value or a `failure`, which a `try_` operation gives. It is Boost.System's result: `if (one)` asks
/// whether there is a value, `*one` is the value, `one.error()` the failure, and `one.value()` throws
/// `api_error` where there is none.
template <class T>
using result = boost::system::result<T, failure>;

/// Found by `result::value()`: turns a failure into the exception of the throwing form.
[[noreturn]] void throw_exception_from_error(const failure& error, const boost::source_location& where);

} // namespace bandwidth::webrtc
