#pragma once

#include "bulk_sessions/settings.hpp"

#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <optional>
#include <string>

namespace bandwidth::webrtc::bench {

/// The service that a run calls, and how a client reaches it. Starts the embedded one on a thread of its own
/// where that is the one.
class service {
public:
    /// \throws api_error (`errc::invalid_options`) when the environment has no credentials and they are
    /// needed
    explicit service(const settings& chosen);

    const client_options& options() const noexcept { return options_; }
    /// For people: "the embedded service", or the base URL.
    std::string description() const;
    /// What the embedded service has seen; nothing when another is called.
    std::optional<testing::loopback_stats> stats() const;

private:
    std::optional<testing::loopback_server> loopback_;
    client_options options_;
};

} // namespace bandwidth::webrtc::bench
