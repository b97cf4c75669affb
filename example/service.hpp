#pragma once

#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <cstdlib>
#include <optional>
#include <string>

namespace example {

/// What the examples talk to: Bandwidth's service when BW_ACCOUNT_ID, BW_USERNAME and BW_PASSWORD are set,
/// else one that is emulated on this machine, for as long as this object lives.
class service {
public:
    /// \throws api_error when only some of the variables are set.
    service() {
        if (std::getenv("BW_ACCOUNT_ID") || std::getenv("BW_USERNAME") || std::getenv("BW_PASSWORD")) {
            options_ = bandwidth::webrtc::client_options::from_environment();
            return;
        }
        options_ = emulated_.emplace().client_options();
    }

    /// How a client reaches it.
    const bandwidth::webrtc::client_options& options() const noexcept { return options_; }

private:
    std::optional<bandwidth::webrtc::testing::loopback_server> emulated_;
    bandwidth::webrtc::client_options options_;
};

} // namespace example
