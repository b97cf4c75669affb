#pragma once

#include "bulk/program/options.hpp"

#include <CLI/CLI.hpp>

namespace bandwidth::webrtc::bulk {

/// What is read from the words themselves, before it is known what they are for.
struct raw_options {
    bool real = false;
    bool lives = false;
    bool poisson = false;
    std::string mix;
    std::string resume; ///< a journal
};

/// Makes the options and the commands of the program. All targets outlive the app.
void add_options(CLI::App& app, options& wanted, raw_options& raw);

/// The words that make the same run once more, of all that was given: without those that are about files,
/// output, the run's id and its shard.
std::vector<std::string> words_of_run(const CLI::App& app);

} // namespace bandwidth::webrtc::bulk
