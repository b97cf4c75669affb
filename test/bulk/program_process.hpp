#pragma once

#include "bulk/temporary_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::bulk::test {

/// bandwidth-webrtc-bulk in a process of its own: its standard output goes to a file, its standard error into a pipe.
/// It is killed at the end when it still runs. Its folder is a new one, which goes away with this object.
class program_process {
public:
    /// \param output  the path of its standard output; empty: a file that `output` reads
    explicit program_process(std::vector<std::string> words, std::vector<std::string> environment = {},
                             const std::string& output = {}) {
        words.insert(words.begin(), BANDWIDTH_WEBRTC_BULK);
        for (char** entry = environ; *entry != nullptr; ++entry)
            if (!std::string_view(*entry).starts_with("BW_") &&
                !std::string_view(*entry).starts_with("BANDWIDTH_"))
                environment.emplace_back(*entry);
        std::array<int, 2> ends{};
        REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
        errors_ = ends[0];
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        const auto& to = output.empty() ? output_.path() : output;
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, to.c_str(), O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
        REQUIRE(mkdtemp(folder_.data()) != nullptr);
        posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str()); // its journals go there
        const auto arguments = pointers(words);
        const auto variables = pointers(environment);
        const int failed = posix_spawn(&process_, BANDWIDTH_WEBRTC_BULK, &actions, nullptr, arguments.data(),
                                       variables.data());
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        REQUIRE(failed == 0);
    }
    program_process(const program_process&) = delete;
    program_process& operator=(const program_process&) = delete;
    ~program_process() {
        close(errors_);
        if (!waited_) {
            kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
        std::filesystem::remove_all(folder_);
    }

    /// Blocks until this stands in the standard error, or that has ended.
    bool says(std::string_view text) {
        while (errors_text_.find(text) == std::string::npos) {
            std::array<char, 4096> buffer{};
            const auto got = read(errors_, buffer.data(), buffer.size());
            if (got <= 0)
                return false;
            errors_text_.append(buffer.data(), static_cast<std::size_t>(got));
        }
        return true;
    }
    void signal(int number) { REQUIRE(kill(process_, number) == 0); }
    bool has_ended() const {
        siginfo_t ended{};
        REQUIRE(waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0);
        return ended.si_pid != 0;
    }
    /// The exit status; 1000 + its number when a signal killed it.
    int wait() {
        while (says("\n\n\n no line like this is ever written \n\n\n")) {
        }
        int status = 0;
        REQUIRE(waitpid(process_, &status, 0) == process_);
        waited_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }
    std::string output() const {
        std::ostringstream text;
        text << std::ifstream(output_.path()).rdbuf();
        return text.str();
    }
    const std::string& folder() const noexcept { return folder_; }
    const std::string& errors() const noexcept { return errors_text_; }

private:
    static std::vector<char*> pointers(std::vector<std::string>& words) {
        std::vector<char*> made;
        for (auto& word : words)
            made.push_back(word.data());
        made.push_back(nullptr);
        return made;
    }

    temporary_file output_{""};
    std::string folder_ = "/tmp/bandwidth-webrtc-bulk-test-XXXXXX";
    std::string errors_text_;
    pid_t process_ = 0;
    int errors_ = -1;
    bool waited_ = false;
};

} // namespace bandwidth::webrtc::bulk::test
