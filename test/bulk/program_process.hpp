#pragma once

#include "bulk/temporary_file.hpp"
#include "support/child_process.hpp"

#include <unistd.h>
#include <string>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::bulk::test {

/// What a program_process leaves behind.
struct program_files {
    temporary_folder folder;
    temporary_file output{""};
};

/// bandwidth-webrtc-bulk in a process of its own: its standard output goes to a file, and what the test reads is its
/// standard error. It runs in a new folder, to which its journals go.
class program_process : private program_files, public support::child_process {
public:
    /// \param output  the path of its standard output; empty: a file that `output` reads
    explicit program_process(std::vector<std::string> words, std::vector<std::string> environment = {},
                             const std::string& output = {})
        : child_process(with_program(std::move(words)), std::move(environment),
                        {STDERR_FILENO, output.empty() ? program_files::output.path() : output,
                         program_files::folder.path()}) {}

    std::string output() const { return text_of(program_files::output.path()); }
    const std::string& folder() const noexcept { return program_files::folder.path(); }
    const std::string& errors() const noexcept { return text(); }

private:
    static std::vector<std::string> with_program(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), BANDWIDTH_WEBRTC_BULK);
        return arguments;
    }
};

} // namespace bandwidth::webrtc::bulk::test
