#pragma once

#include "bulk/report/report.hpp"

#include <string>

namespace bandwidth::webrtc::bulk {

/// The operations as comma-separated values by RFC 4180: a line of the columns' names, a line for each
/// operation, and one for `all` together. The columns:
///  - operation: its name, or "all"
///  - calls, succeeded, failed, mismatched, skipped: counts; sent_again: attempts but the first one of each call
///  - time_s: during which its calls were made; rate_per_s: calls that succeeded in each second of it
///  - latency_min_ms, ..._mean_ms, ..._p50_ms, ..._p75_ms, ..._p90_ms, ..._p95_ms, ..._p99_ms, ..._p99_9_ms,
///    ..._p99_99_ms, ..._max_ms: of the calls that succeeded, in milliseconds; empty when none did
///  - call_time_...: the same, from the call itself instead of the time that the schedule had for it;
///    empty without a schedule
///  - queueing_..., connecting_..., service_...: the parts of it, as `operation_record` has them
std::string csv(const report& report);

/// The seconds of the run, likewise. The columns:
///  - second: since 1970, by the system's clock
///  - succeeded, failed, mismatched: calls that ended in it
///  - retries, throttled: requests that were sent again after a pause, and of these those after 429 or 503
///  - queue_wait_ms: that the calls that left the client's queue had waited there, all together
///  - dials: connections that were begun
///  - in_flight, queued: calls at the end of the second, and of these those in the client's queue
///  - latency_...: as above, with an error of at most 6 %
std::string seconds_csv(const report& report);

} // namespace bandwidth::webrtc::bulk
