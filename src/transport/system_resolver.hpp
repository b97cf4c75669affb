#pragma once

#include <string>

#include "transport/name_lookup.hpp"

namespace bandwidth::webrtc::detail {

/// The system's resolver, getaddrinfo, which blocks for as long as a name server is silent (ten seconds and
/// more) and cannot be stopped. Each look-up has a thread of its own that nobody waits for: Asio's resolver
/// counts as work of the context, so that `run` would not return before its end, and the context's destructor
/// waits for its thread.
///
/// The price: the thread of a look-up may outlive the client and the execution context, and ends with the
/// process. It uses nothing of theirs then, but the code of this library.
class system_resolver final : public name_resolver {
public:
    /// What blocks: the addresses, or why there are none.
    using blocking_look_up = address_list (*)(const std::string& host, const std::string& port,
                                              error_code& ec);

    /// \param look_up a test's own
    explicit system_resolver(blocking_look_up look_up = &by_getaddrinfo) noexcept : look_up_(look_up) {}

    /// \throws std::system_error when there can be no thread for it.
    void resolve(const std::string& host, const std::string& port, handler done) override;

private:
    static address_list by_getaddrinfo(const std::string& host, const std::string& port, error_code& ec);

    blocking_look_up look_up_;
};

} // namespace bandwidth::webrtc::detail
