#pragma once

#include <bandwidth/webrtc/logger.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace example {

/// What is said on the command line.
struct settings {
    std::uint16_t port = 8080;
    std::chrono::milliseconds timeout{10'000}; ///< of each call to Bandwidth's service
    /// At a stop, how long requests are taken while /readyz says that there should be none: as long as a load balancer
    /// takes to notice.
    std::chrono::milliseconds notice{5'000};
    /// How long requests in progress may take then.
    std::chrono::milliseconds grace{15'000};
    bandwidth::webrtc::log_level log_level = bandwidth::webrtc::log_level::info;
    std::string credentials_file; ///< see `file_credentials`; empty: BW_USERNAME and BW_PASSWORD, or as these
    std::string ca_file;          ///< authorities to trust; empty: the system's
    std::string certificate_file; ///< shown to the service, with its key
    std::string key_file;
};

/// Nothing where an option is unknown, has no value, or one that it cannot have.
std::optional<settings> parse_settings(int argc, char** argv);

/// What `parse_settings` takes.
const char* usage() noexcept;

} // namespace example
