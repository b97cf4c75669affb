#pragma once

#include "bulk/job/calls.hpp"
#include "bulk/job/shard.hpp"
#include "bulk/run/arrivals.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// Which service is called.
enum class service_kind {
    loopback, ///< one that this program starts on a thread of its own
    url, ///< a bandwidth-webrtc-loopback that runs elsewhere, with that server's well-known user and password
    real, ///< Bandwidth's, or any other, with the environment's credentials
};

/// In which order the calls are made.
enum class load_shape {
    phases, ///< each call for all sessions, before the next one
    lives,  ///< each session has all its calls, one after the other, beside the other sessions
};

/// A call of a mix, and how often it is made beside the others.
struct weighted_call {
    call_kind kind;
    double weight = 1;
};

/// What is done to the service: all that two runs have to have in common to be compared.
struct settings {
    api_family api = api_family::webrtc;
    std::size_t sessions = 10'000;  ///< of all shards
    std::size_t participants = 2;   ///< in each session
    std::size_t endpoints = 10'000; ///< of brtc, of all shards
    std::size_t connections = 8;    ///< of this process
    std::size_t depth = 8;
    std::size_t callers = 0;  ///< calls, or lives, at the same time; 0: see `concurrent_items`
    std::size_t attempts = 3; ///< of each call, the first one included
    std::size_t threads =
        1; ///< no more than `connections`, nor than `concurrent_items()`: each has one at least
    std::string operations{default_operations(api_family::webrtc)};
    std::vector<call_kind> phases = parse_operations(api_family::webrtc, operations);
    std::chrono::nanoseconds timeout = std::chrono::seconds(30); ///< of each call
    std::chrono::nanoseconds delay{0};                           ///< of the embedded service's responses

    load_shape shape = load_shape::phases;
    double rate = 0; ///< calls, or lives, that begin in each second, of all shards; 0: a closed loop
    arrival_process process = arrival_process::constant;
    std::chrono::nanoseconds ramp{0};      ///< during which the rate, or the callers, grow
    std::chrono::nanoseconds duration{0};  ///< of the lives, or of the mix; 0: until all is done
    std::chrono::nanoseconds warm_up{0};   ///< of the lives, or of the mix: calls in it are not measured
    std::chrono::nanoseconds think_min{0}; ///< pauses between the calls of a life are between these two
    std::chrono::nanoseconds think_max{0};
    std::vector<weighted_call> mix; ///< made at random, before the first removal or deletion

    service_kind service = service_kind::loopback;
    std::string base_url; ///< empty: the service's own
    std::string ca_file;  ///< empty: the system's authorities

    shard part; ///< which part of the sessions or endpoints this process has
    /// Without a success for so long, and with failures, the run ends.
    std::chrono::nanoseconds abort_after = std::chrono::minutes(1);
    /// Of the clean-up; without one, a minute, and ten seconds after a signal.
    std::optional<std::chrono::nanoseconds> clean_up_timeout;

    bool is_open_loop() const noexcept { return rate > 0; }
    /// How many calls or lives of this process are under way at the same time, at most: `callers`, or where
    /// that is 0 connections times depth, and 10,000 where a rate is given.
    std::size_t concurrent_items() const noexcept;
    /// The sessions or endpoints of all shards.
    std::size_t items() const noexcept { return api == api_family::brtc ? endpoints : sessions; }
    /// Those of this process.
    share own_items() const noexcept { return share_of(items(), part); }
};

/// For a report: what tells one run from another.
boost::json::object to_json(const settings& chosen);

/// For people: "1,000 sessions with 2 participants each". Of lives that begin for a time "sessions with 2
/// participants each, for 30.0 s": how many these will be is not known, and `items` is more than there will be.
std::string describe_job(const settings& chosen);

} // namespace bandwidth::webrtc::bulk
