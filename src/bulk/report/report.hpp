#pragma once

#include "bulk/figures/operation_record.hpp"
#include "bulk/figures/statistics.hpp"
#include "bulk/figures/time_series.hpp"

#include <bandwidth/webrtc/stats.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// How the deleting at the end went.
struct clean_up_record {
    struct thing {
        std::string noun; ///< "session"
        std::uint64_t deleted = 0;
        std::uint64_t left = 0;
    };
    std::vector<thing> things; ///< one entry for each kind that the job creates
    /// Creations that failed in a way that leaves open whether the service did them.
    std::uint64_t unknown_creations = 0;
    std::string first_error;
    std::chrono::nanoseconds time{0};

    std::uint64_t deleted() const noexcept;
    std::uint64_t left() const noexcept;
};

/// What became of the sessions' lives, where a run is made of them.
struct life_record {
    std::uint64_t planned = 0;         ///< those of the shard, with those that a run before had done
    std::uint64_t complete_before = 0; ///< by the run that this one resumes
    std::uint64_t complete = 0;        ///< by this run: all calls of the life were made and succeeded
    std::uint64_t failed = 0;          ///< with a call that failed, or whose response was wrong
};

/// One run of one process: all of a run, or one of its shards, or what was left of one that is resumed.
struct part_record {
    std::string run_id;
    std::size_t shard_index = 1; ///< from 1 to the count
    std::size_t shard_count = 1;
    std::string job;     ///< for people: "1,000 sessions with 2 participants each", of all shards
    std::string service; ///< for people: "the embedded service", or the base URL
    std::string base_url;
    boost::json::object settings;        ///< what the command line asked for
    std::chrono::nanoseconds started{0}; ///< since 1970
    std::chrono::nanoseconds time{0};    ///< from the first call to the last result
    int signal = 0;                      ///< that ended it; 0: none did
    std::string ended_early;             ///< why it did not do all, if it is not a signal; else empty
    int exit_status = 0;
    /// Of a schedule: calls, or lives, that were due and never began, because all callers were busy until the end.
    std::uint64_t not_begun = 0;
    std::optional<life_record> lives;
    clean_up_record clean_up;
    /// Of each operation the time during which this part made its calls. Empty in a report of one part that
    /// nothing was merged into: there the operations tell it.
    std::map<std::string, std::chrono::nanoseconds, std::less<>> operation_times;
};

/// One operation by name.
struct operation_figures {
    std::string operation; ///< "get_session"
    operation_record record;

    double requests_per_second() const { return rate(record.succeeded(), record.time); }
};

/// A condition of the command line, and whether the report fulfils it.
struct threshold_result {
    std::string condition; ///< as it was given, such as "get_session.p99<20ms"
    std::string value;     ///< what was measured, such as "18.4 ms"; "none" when nothing was
    bool holds = false;
};

/// What one run did, or several together.
struct report {
    std::vector<part_record> parts;            ///< at least one
    std::vector<operation_figures> operations; ///< those of which a call was made or skipped
    time_series series;
    client_stats client;
    std::optional<std::uint64_t> most_pipelined_at_service; ///< that the embedded service saw
    std::vector<threshold_result> thresholds;
    int exit_status = 0;

    /// During which at least one of the parts ran: the time between a run and its resumption does not count.
    std::chrono::nanoseconds time() const;
    /// All operations together. Their latencies are together, too, although they say little of so different
    /// calls.
    operation_figures totals() const;
    /// Of all parts. What a shard has left is what its last part has left, since each one deletes what the
    /// one before could not.
    clean_up_record clean_up() const;
    /// Of all parts; nothing where no part has any.
    std::optional<life_record> lives() const;
    /// What `part_record::operation_times` says; of a report of one part what its operations say.
    std::map<std::string, std::chrono::nanoseconds, std::less<>> operation_times_of(
        const part_record& part) const;
};

/// Adds another report's figures; what they are does not depend on the order. Of parts that ran at the same
/// time (shards) the longest time of an operation counts, of parts one after the other (a resumed run) the
/// sum. Thresholds are gone: they are to be evaluated for the whole.
/// \throws std::invalid_argument when a part is there already; then nothing was added
void merge(report& into, const report& other);

/// The report for people: what was done, a table of the operations that fits 80 columns, what failed, and how
/// the connections were used.
std::string format_report(const report& report);
/// For people: the conditions and whether they hold; empty when there are none.
std::string format_thresholds(const report& report);
/// For people: what the clean-up did; empty when there was nothing to do.
std::string format_clean_up(const report& report);

/// The whole as JSON, by doc/bulk_report.schema.json. `schema` changes when a field goes away or changes its
/// meaning; fields may be added at any time. Times are in nanoseconds.
boost::json::object to_json(const report& report);

/// A report that was written by `to_json`.
/// \throws std::invalid_argument telling what is missing or wrong
report parse_report(const boost::json::value& written);

/// \throws std::invalid_argument naming the file and telling what is wrong with it
report read_report(const std::string& path);

} // namespace bandwidth::webrtc::bulk
