#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include <bandwidth/webrtc/testing/fault.hpp>

// The texts that options of the program loopback_server take. Those that make no sense are a
// std::invalid_argument, whose text says what was expected.
//
// bandwidth-webrtc-bulk has functions like these of its own (bulk/figures/units.hpp), which take decimals and counts
// such as 10k, too. It uses the public headers alone and this program the inside of the library, so they have no
// folder in common where one function for both could be.

namespace loopback_program {

/// A count and a unit, which is us, ms, s, m or h: "500ms". At most 24 hours.
std::chrono::nanoseconds parse_duration(std::string_view text);

/// As `parse_duration`, and a count alone is in milliseconds.
std::chrono::nanoseconds parse_delay(std::string_view text);

struct rate {
    std::size_t requests = 0;
    std::chrono::nanoseconds period = std::chrono::seconds(1);
};

/// "100" in a second, or "100/10s".
rate parse_rate(std::string_view text);

/// Parts with commas between: which requests the fault meets, and what happens to them; see `fault_help`.
bandwidth::webrtc::testing::fault parse_fault(std::string_view text);

/// What `parse_fault` takes, for users.
extern const char* const fault_help;

} // namespace loopback_program
