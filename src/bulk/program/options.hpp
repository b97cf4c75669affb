#pragma once

#include "bulk/program/progress_display.hpp"
#include "bulk/report/threshold.hpp"
#include "bulk/run/settings.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// What the program is to do.
enum class command {
    run,
    clean_up, ///< deletes what a journal says exists
    merge,    ///< makes one report of several
    compare,  ///< tells what differs between two reports
};

/// What the command line asks for.
struct options {
    command wanted = command::run;
    settings load;

    std::string run_id;  ///< the same for all shards; empty: a random one
    std::string journal; ///< file that tells what exists; empty: see `keeps_journal`
    bool no_journal = false;
    bool resumes = false;           ///< the run of `journal` goes on
    std::vector<std::string> words; ///< of the run, without what is about files: a journal keeps them
    bool dry_run = false;

    // Files may have {shard} and {run} in their names; "-" is standard output.
    std::string json;
    std::string html;
    std::string csv;
    std::string seconds_csv;
    std::string hgrm; ///< directory-like prefix: one file for each operation
    std::vector<threshold> thresholds;

    std::vector<std::string> inputs;     ///< of `merge` and `compare`: reports
    std::vector<std::string> new_inputs; ///< of `compare`: the new ones, where there are several
    double tolerance = 5;                ///< of `compare`, in percent: smaller differences are none

    bool quiet = false;
    progress_mode progress = progress_mode::automatic;
    color_mode color = color_mode::automatic;

    /// Where the journal is kept: where one was asked for, and else wherever another service than the
    /// embedded one is called, whose sessions outlive this program.
    bool keeps_journal() const noexcept {
        return !journal.empty() || (!no_journal && load.service != service_kind::loopback);
    }
    /// The name of the file where none was given.
    const char* default_journal() const noexcept {
        return load.part.count > 1 ? "bandwidth-webrtc-bulk-{run}-{shard}.journal"
                                   : "bandwidth-webrtc-bulk-{run}.journal";
    }
    /// The name of the file, if there is one.
    std::string journal_pattern() const { return journal.empty() ? default_journal() : journal; }
};

} // namespace bandwidth::webrtc::bulk
