#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// Another program in a process of its own, one of whose outputs the test reads. It is killed at the end when it
/// still runs. The environment's credentials are not handed on. What fails here fails the test.
class child_process {
public:
    /// Where its outputs go, and where it runs. What is empty is as in this process.
    struct places {
        int reads = STDOUT_FILENO; ///< the output that the test reads: this one, or STDERR_FILENO
        std::string output = {};   ///< the path of standard output where that is not read; it has to be there
        std::string folder = {};   ///< its working directory
    };

    /// \param words        the path of the program, and its arguments
    /// \param environment  "NAME=value", beside this process's own
    explicit child_process(std::vector<std::string> words, std::vector<std::string> environment = {},
                           const places& where = {STDOUT_FILENO, {}, {}}) {
        for (char** entry = environ; *entry != nullptr; ++entry)
            if (!std::string_view(*entry).starts_with("BW_") &&
                !std::string_view(*entry).starts_with("BANDWIDTH_"))
                environment.emplace_back(*entry);
        std::array<int, 2> ends{};
        REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
        end_ = ends[0];
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        if (!where.output.empty())
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, where.output.c_str(), O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, ends[1], where.reads);
        if (!where.folder.empty())
            posix_spawn_file_actions_addchdir_np(&actions, where.folder.c_str());
        const auto arguments = pointers(words);
        const auto variables = pointers(environment);
        const int failed = posix_spawn(&process_, words.front().c_str(), &actions, nullptr, arguments.data(),
                                       variables.data());
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        REQUIRE(failed == 0);
    }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process() {
        close(end_);
        if (!waited_) {
            kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
    }

    /// Blocks until this stands in what the test reads, as often as that, or that has ended.
    bool says(std::string_view text, std::size_t times = 1) {
        for (std::size_t at = 0; times > 0; --times) {
            std::size_t found = 0;
            while ((found = text_.find(text, at)) == std::string::npos)
                if (!read_more())
                    return false;
            at = found + text.size();
        }
        return true;
    }
    /// The rest of the first line that begins with `start`; blocks until it is written. Fails the test when the
    /// output ends first.
    std::string line(std::string_view start) {
        for (;;) {
            const auto begin = text_.find(start);
            const auto end = begin == std::string::npos ? begin : text_.find('\n', begin);
            if (end != std::string::npos)
                return text_.substr(begin + start.size(), end - begin - start.size());
            REQUIRE_MESSAGE(read_more(), "no line '" << start << "' in: " << text_);
        }
    }
    void signal(int number) { REQUIRE(kill(process_, number) == 0); }
    bool has_ended() const {
        siginfo_t ended{};
        REQUIRE(waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0);
        return ended.si_pid != 0;
    }
    /// The exit status; 1000 + its number when a signal killed it.
    int wait() {
        while (read_more()) {
        }
        int status = 0;
        REQUIRE(waitpid(process_, &status, 0) == process_);
        waited_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }
    /// What was read so far.
    const std::string& text() const noexcept { return text_; }

private:
    static std::vector<char*> pointers(std::vector<std::string>& words) {
        std::vector<char*> made;
        for (auto& word : words)
            made.push_back(word.data());
        made.push_back(nullptr);
        return made;
    }
    bool read_more() {
        std::array<char, 4096> buffer{};
        const auto got = read(end_, buffer.data(), buffer.size());
        if (got <= 0)
            return false;
        text_.append(buffer.data(), static_cast<std::size_t>(got));
        return true;
    }

    std::string text_;
    pid_t process_ = 0;
    int end_ = -1; // of the pipe, where the test reads
    bool waited_ = false;
};

} // namespace support
