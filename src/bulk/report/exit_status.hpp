#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <cstdint>

namespace bandwidth::webrtc::bulk {

/// What the program tells its caller. A run that a signal ended gives 128 + the signal's number.
enum class exit_status : int {
    ok = 0,
    operations_failed = 1, ///< or a response did not belong to its request, or something was left behind
    usage = 2,
    configuration = 3, ///< options that do not fit, no credentials, or credentials that the service refuses
    no_connection = 4, ///< not one connection came about, or no call had succeeded for too long
    threshold = 99,    ///< all is well but for a condition that does not hold
};

/// What an exit status is made from.
struct verdict {
    int signal = 0;             ///< the one that ended the run
    bool no_connection = false; ///< calls failed and no service was ever reached
    bool refused = false;       ///< the first responses were 401 or 403, and none was a success
    bool incomplete = false;    ///< it could not do all that it was to do
    std::uint64_t failed = 0;
    std::uint64_t mismatched = 0;
    std::uint64_t left_behind = 0; ///< what could not be deleted
};

/// The number for the shell.
int exit_code(const verdict& verdict) noexcept;

/// Whether a call failed before any connection could carry it: resolve, connect or TLS handshake.
/// \param ever_connected  whether any connection was established so far; when none was, a call that ran out
///                        of time in the queue was waiting for one, and so was one that got no access token
bool is_connection_failure(const error_code& code, bool ever_connected) noexcept;

} // namespace bandwidth::webrtc::bulk
