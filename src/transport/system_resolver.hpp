#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <string>
#include <vector>

#include "transport/name_lookup.hpp"

namespace bandwidth::webrtc::detail {

/// What blocks: the addresses, or why there are none.
using blocking_look_up =
    std::function<address_list(const std::string& host, const std::string& port, error_code& ec)>;
address_list by_getaddrinfo(const std::string& host, const std::string& port, error_code& ec);

/// A user's function in the place of getaddrinfo. Whatever it throws is a failure.
using user_look_up = std::function<std::vector<boost::asio::ip::address>(const std::string& host)>;
blocking_look_up by_function(user_look_up look_up);

/// The system's resolver, getaddrinfo, which blocks for as long as a name server is silent (ten seconds and
/// more) and cannot be stopped. Each look-up has a thread of its own that nobody waits for: Asio's resolver
/// counts as work of the context, so that `run` would not return before its end, and the context's destructor
/// waits for its thread. The resolver throws std::system_error when there can be no thread.
///
/// The price: the thread of a look-up may outlive the client and the execution context, and ends with the
/// process. It uses nothing of theirs then, but the code of this library, and what the look-up itself holds.
name_resolver system_resolver(blocking_look_up look_up = &by_getaddrinfo);

} // namespace bandwidth::webrtc::detail
