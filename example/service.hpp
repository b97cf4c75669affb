#pragma once

#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <cstdlib>
#include <optional>
#include <string>

namespace example {

/// What the examples talk to: Bandwidth's service when the environment has credentials for it, BW_ACCOUNT_ID
/// and either BW_CLIENT_ID and BW_CLIENT_SECRET or BW_USERNAME and BW_PASSWORD; else one that is emulated on
/// this machine, for as long as this object lives.
class service {
public:
    /// \throws api_error when only some of the variables are set.
    service() {
        for (const char* name :
             {"BW_ACCOUNT_ID", "BW_CLIENT_ID", "BW_CLIENT_SECRET", "BW_USERNAME", "BW_PASSWORD"}) {
            if (std::getenv(name)) {
                options_ = bandwidth::webrtc::client_options::from_environment();
                return;
            }
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
