// The program as its users start it.
#include "bulk/temporary_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/json/parse.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace json = boost::json;
namespace testing = bandwidth::webrtc::testing;
using bandwidth::webrtc::bulk::test::temporary_file;
using testing::fault;

namespace {

// bandwidth-webrtc-bulk in a process of its own: its standard output goes to a file, its standard error into a pipe.
class program_process {
public:
    explicit program_process(std::vector<std::string> words, std::vector<std::string> environment = {}) {
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
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output_.path().c_str(), O_WRONLY, 0);
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

    // Blocks until this stands in the standard error, or that has ended.
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
    // The exit status; 1000 + its number when a signal killed it.
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

// A loopback service in this process, and the options to run against it for longer than any test waits.
class long_run {
public:
    testing::loopback_server& server() { return server_; }
    std::vector<std::string> words() const {
        return {"--base-url",     server_.base_url(),
                "--ca-file",      ca_file_.path(),
                "--sessions",     "1M",
                "--participants", "0",
                "--operations",   "create,get,delete",
                "--progress",     "always"};
    }

private:
    testing::loopback_server server_;
    temporary_file ca_file_{server_.ca_pem()};
};

} // namespace

TEST_CASE("program: all is well") {
    program_process program({"--sessions", "20"});
    CHECK(program.wait() == 0);
    CHECK(program.errors() == "");
    CHECK(program.output().find("20 sessions with 2 participants each") == 0);
}

TEST_CASE("program: with --json the standard output is JSON and nothing else, also with progress") {
    program_process program({"--sessions", "20", "--json", "--progress", "always"});
    CHECK(program.wait() == 0);
    CHECK(json::parse(program.output()).at("totals").at("failed") == 0);
}

TEST_CASE("program: bad usage") {
    program_process program({"--sessions", "none"});
    CHECK(program.wait() == 2);
    CHECK(program.output() == "");
    CHECK(program.errors().find("--sessions: 'none' is no count") != std::string::npos);
}

TEST_CASE("program: the real service needs credentials") {
    program_process program({"--real"});
    CHECK(program.wait() == 3);
    CHECK(program.output() == "");
    CHECK(program.errors().find("BW_PASSWORD") != std::string::npos);
}

TEST_CASE("program: --real takes the credentials of the environment, and never shows the password") {
    testing::loopback_server server(
        testing::loopback_options().account("123").credentials("somebody", "open sesame"));
    const temporary_file ca_file(server.ca_pem());
    const std::vector<std::string> words = {"--real", "--base-url", server.base_url(), "--ca-file",
                                            ca_file.path()};
    program_process program(words, {"BW_ACCOUNT_ID=123", "BW_USERNAME=somebody", "BW_PASSWORD=open sesame"});
    CHECK(program.wait() == 0);
    CHECK(server.stats().requests() > 0);
    program_process refused(words, {"BW_ACCOUNT_ID=123", "BW_USERNAME=somebody", "BW_PASSWORD=open barley"});
    CHECK(refused.wait() == 3);
    CHECK(refused.errors().find("refuses the credentials") != std::string::npos);
    CHECK((refused.errors() + refused.output() + program.output()).find("open ") == std::string::npos);
}

TEST_CASE("program: a half of the client credentials is not taken for none") {
    for (const char* api : {"webrtc", "brtc"}) {
        program_process program({"--real", "--api", api}, {"BW_ACCOUNT_ID=123", "BW_CLIENT_ID=me",
                                                           "BW_USERNAME=you", "BW_PASSWORD=his"});
        CHECK(program.wait() == 3);
        CHECK(program.errors().find("BW_CLIENT_SECRET") != std::string::npos);
    }
}

TEST_CASE(
    "program: endpoints with the credentials of the environment, whose base URL has a variable of its own") {
    testing::loopback_server server(
        testing::loopback_options().account("123").credentials("somebody", "open sesame"));
    const temporary_file ca_file(server.ca_pem());
    program_process program({"--api", "brtc", "--real", "--ca-file", ca_file.path()},
                            {"BW_ACCOUNT_ID=123", "BW_USERNAME=somebody", "BW_PASSWORD=open sesame",
                             "BANDWIDTH_BRTC_URL=" + server.brtc_url()});
    CHECK(program.wait() == 0);
    CHECK(program.output().find("10 endpoints, against " + server.brtc_url()) == 0);
    CHECK(server.stats().requests_post == 10);
    CHECK(server.endpoint_count() == 0);
}

TEST_CASE("program: Ctrl-C deletes the endpoints that were created") {
    testing::loopback_server server;
    const temporary_file ca_file(server.ca_pem());
    program_process program({"--api", "brtc", "--base-url", server.brtc_url(), "--ca-file", ca_file.path(),
                             "--endpoints", "1M", "--progress", "always", "--json"});
    REQUIRE(program.says("create_endpoint"));
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    const auto report = json::parse(program.output());
    CHECK(report.at("operations").as_array().size() == 1);
    const auto& endpoints = report.at("clean_up").at("things").as_array().at(0);
    CHECK(endpoints.at("deleted").as_int64() > 0);
    CHECK(endpoints.at("left") == 0);
    CHECK(server.stats().requests_post > 0);
    CHECK(server.endpoint_count() == 0);
}

TEST_CASE("program: Ctrl-C reports what was done, deletes what was created, and gives 130") {
    long_run service;
    program_process program(service.words());
    REQUIRE(program.says("create_session"));
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    CHECK(program.errors().find("stopping, then deleting") != std::string::npos);
    const auto report = program.output();
    CAPTURE(report);
    CHECK(report.find("INTERRUPTED") != std::string::npos);
    CHECK(report.find("\ncreate_session ") != std::string::npos);
    CHECK(report.find("\nget_session ") == std::string::npos);
    CHECK(report.find("Cleaned up ") != std::string::npos);
    CHECK(report.find("LEFT BEHIND") == std::string::npos);
    CHECK(service.server().stats().requests_post > 0);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("program: SIGTERM gives 143, and the JSON report tells of it") {
    long_run service;
    auto words = service.words();
    words.emplace_back("--json");
    program_process program(words);
    REQUIRE(program.says("create_session"));
    program.signal(SIGTERM);
    CHECK(program.wait() == 143);
    const auto report = json::parse(program.output());
    CHECK(report.at("parts").as_array().at(0).at("signal") == SIGTERM);
    CHECK(report.at("exit_status") == 143);
    CHECK(report.at("clean_up").at("things").as_array().at(0).at("deleted").as_int64() > 0);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("program: a second Ctrl-C gives up the deleting, and says what is left") {
    long_run service;
    service.server().inject(fault().on("DELETE").always().delay(std::chrono::hours(1)));
    program_process program(service.words());
    REQUIRE(program.says("create_session"));
    program.signal(SIGINT);
    REQUIRE(program.says("Once more gives up"));
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    CHECK(program.errors().find("giving up") != std::string::npos);
    CHECK(program.output().find("LEFT BEHIND") != std::string::npos);
}

TEST_CASE("program: after Ctrl-C a call without a response is cancelled, and the rest is deleted") {
    long_run service;
    service.server().inject(fault().on("POST").after(50).times(4).delay(std::chrono::hours(1)));
    program_process program(service.words());
    REQUIRE(program.says("create_session"));
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    const auto report = program.output();
    CAPTURE(report);
    CHECK(report.find("Cleaned up ") != std::string::npos);
    CHECK(report.find("LEFT BEHIND") == std::string::npos);
    CHECK(report.find("UNKNOWN ") != std::string::npos);
}
