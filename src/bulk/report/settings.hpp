#pragma once

#include "bulk/job/calls.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// Which service is called.
enum class service_kind {
    loopback, ///< one that this program starts on a thread of its own
    url,      ///< a loopback_server that runs elsewhere, with that server's well-known user and password
    real,     ///< Bandwidth's, or any other, with the environment's credentials
};

/// Whether the progress line is shown.
enum class progress_mode {
    automatic, ///< when standard error is a terminal on which it makes sense
    always,
    never,
};

/// What the command line asks for.
struct settings {
    api_family api = api_family::webrtc;
    std::size_t sessions = 10'000;
    std::size_t participants = 2;   ///< in each session
    std::size_t endpoints = 10'000; ///< of brtc
    std::size_t connections = 8;
    std::size_t depth = 8;
    std::size_t callers = 0;  ///< calls that are made at the same time; 0: connections times depth
    std::size_t attempts = 3; ///< of each call, the first one included
    std::string operations{default_operations(api_family::webrtc)};
    std::vector<call_kind> phases = parse_operations(api_family::webrtc, operations);
    std::chrono::nanoseconds timeout = std::chrono::seconds(30); ///< of each call
    std::chrono::nanoseconds delay{0};                           ///< of the embedded service's responses

    service_kind service = service_kind::loopback;
    std::string base_url; ///< empty: the service's own
    std::string ca_file;  ///< empty: the system's authorities

    bool json = false;
    bool quiet = false;
    progress_mode progress = progress_mode::automatic;

    /// `callers`, or connections times depth where that is 0.
    std::size_t concurrent_calls() const noexcept { return callers != 0 ? callers : connections * depth; }
};

} // namespace bandwidth::webrtc::bulk
