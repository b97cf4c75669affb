#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

namespace example::test {

/// A program in a process of its own, its standard output in a pipe. The environment's credentials are not
/// handed on.
class program {
public:
    explicit program(std::vector<std::string> words, std::vector<std::string> environment = {}) {
        for (char** entry = environ; *entry != nullptr; ++entry)
            if (!std::string_view(*entry).starts_with("BW_"))
                environment.emplace_back(*entry);
        std::array<int, 2> ends{};
        REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
        output_ = ends[0];
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        const auto arguments = pointers(words);
        const auto variables = pointers(environment);
        const int failed = posix_spawn(&process_, words.front().c_str(), &actions, nullptr, arguments.data(),
                                       variables.data());
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        REQUIRE(failed == 0);
    }
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    ~program() {
        close(output_);
        if (!waited_) {
            kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
    }

    /// The rest of the first line that begins with `start`; blocks until it is written. Fails the test when
    /// the output ends first.
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
    /// The exit status; 1000 + its number when a signal killed it.
    int wait() {
        while (read_more()) {
        }
        int status = 0;
        REQUIRE(waitpid(process_, &status, 0) == process_);
        waited_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }
    /// The output so far.
    const std::string& output() const noexcept { return text_; }

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
        const auto got = read(output_, buffer.data(), buffer.size());
        if (got <= 0)
            return false;
        text_.append(buffer.data(), static_cast<std::size_t>(got));
        return true;
    }

    std::string text_;
    pid_t process_ = 0;
    int output_ = -1;
    bool waited_ = false;
};

} // namespace example::test
