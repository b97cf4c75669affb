#pragma once

#include "bulk/figures/statistics.hpp"
#include "bulk/report/settings.hpp"
#include "bulk/run/bulk_run.hpp"

#include <bandwidth/webrtc/stats.hpp>
#include <bandwidth/webrtc/testing/loopback_stats.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// Failures of one kind in one operation.
struct error_report {
    std::string kind; ///< the error code in words, such as "HTTP 503 Service Unavailable"
    std::uint64_t count = 0;
    std::string first;
};

/// One operation. `calls` = `succeeded` + `failed`; the mismatched are among the succeeded.
struct operation_report {
    std::string operation;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t mismatched = 0;
    std::uint64_t skipped = 0;
    std::chrono::nanoseconds time{0};
    latency_summary latency;
    std::vector<error_report> errors; ///< the most frequent first
    std::string first_mismatch;

    std::uint64_t calls() const noexcept { return succeeded + failed; }
    double requests_per_second() const { return rate(succeeded, time); }
};

/// What a run did.
struct report {
    settings chosen;
    std::string service; ///< for people, see `service::description`
    std::string base_url;
    std::vector<operation_report> operations; ///< those of which a call was made or skipped
    std::chrono::nanoseconds time{0};
    int signal = 0; ///< that ended the run; 0: none did
    std::uint64_t unknown_creations = 0;
    client_stats client;
    std::optional<testing::loopback_stats> seen_by_service;
    clean_up_record clean_up;
    int exit_code = 0;

    /// All operations together; without latencies, which say nothing of so different calls.
    operation_report totals() const;
};

/// The operations of a run that has ended, in the order of a session's life.
std::vector<operation_report> report_operations(const bulk_run& run);

/// For people: a table of the operations, what failed, and how the connections were used.
std::string format_report(const report& report);
/// For people: what the clean-up did; empty when there was nothing to do.
std::string format_clean_up(const report& report);

/// The whole as JSON. `schema` changes when a field goes away or changes its meaning; fields may be added at
/// any time. Times are in nanoseconds.
boost::json::object to_json(const report& report);

} // namespace bandwidth::webrtc::bulk
