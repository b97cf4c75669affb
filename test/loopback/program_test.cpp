#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

using loopback_test::request;
using support::raw_tls_client;

namespace {

/// The program loopback_server, running; what it prints on both streams can be read.
class program {
public:
    explicit program(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), LOOPBACK_SERVER);
        std::vector<char*> argv;
        argv.reserve(arguments.size() + 1);
        for (auto& argument : arguments)
            argv.push_back(argument.data());
        argv.push_back(nullptr);
        int ends[2];
        REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
        process_ = fork();
        if (process_ == 0) {
            dup2(ends[1], STDOUT_FILENO);
            dup2(ends[1], STDERR_FILENO);
            execv(argv[0], argv.data());
            _exit(127);
        }
        close(ends[1]);
        output_ = ends[0];
    }

    program(const program&) = delete;
    program& operator=(const program&) = delete;

    ~program() {
        if (process_ > 0) {
            kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
        close(output_);
    }

    /// Reads until the output so far holds `text`, or the program has ended.
    const std::string& read_until(const std::string& text) {
        while (printed_.find(text) == std::string::npos && read_more()) {
        }
        return printed_;
    }

    /// The exit status, once the program has ended by itself.
    int wait() {
        while (read_more()) {
        }
        int status = 0;
        REQUIRE(waitpid(process_, &status, 0) == process_);
        process_ = -1;
        REQUIRE(WIFEXITED(status));
        return WEXITSTATUS(status);
    }

    void send(int signal) { REQUIRE(kill(process_, signal) == 0); }

    const std::string& printed() const noexcept { return printed_; }

    /// What stands behind a label at the start of a line.
    std::string value_of(const std::string& label) const {
        const auto at = printed_.find(label);
        REQUIRE(at != std::string::npos);
        const auto start = at + label.size();
        return printed_.substr(start, printed_.find('\n', start) - start);
    }

private:
    bool read_more() {
        pollfd waiting{output_, POLLIN, 0};
        if (poll(&waiting, 1, 10000) != 1)
            throw std::runtime_error("the program printed nothing for ten seconds, after: " + printed_);
        char buffer[4096];
        const auto size = read(output_, buffer, sizeof(buffer));
        if (size <= 0)
            return false;
        printed_.append(buffer, static_cast<std::size_t>(size));
        return true;
    }

    pid_t process_ = -1;
    int output_ = -1;
    std::string printed_;
};

std::uint16_t port_of(const program& running) {
    const auto url = running.value_of("base URL  ");
    const auto start = url.rfind(':') + 1;
    return static_cast<std::uint16_t>(std::stoul(url.substr(start)));
}

std::string contents(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

} // namespace

TEST_CASE("the program serves, logs, and stops at a signal with status 0") {
    for (const int signal : {SIGINT, SIGTERM}) {
        CAPTURE(signal);
        program server({"--port", "0", "--log"});
        server.read_until("Ctrl-C stops.");
        const auto ca_file = server.value_of("CA file   ");
        CHECK(server.printed().find("curl --cacert '" + ca_file + "' --user 'user:secret'") !=
              std::string::npos);
        {
            raw_tls_client client(port_of(server), contents(ca_file));
            const auto created = client.exchange(request("POST", "/sessions", R"({"tag":"t"})"));
            CHECK(created.result_int() == 200);
            const std::string line = "\n200 POST /v1/accounts/9900000/sessions\n";
            CHECK(server.read_until(line).find(line) != std::string::npos);
            server.send(signal);
            CHECK(client.read_to_end() == support::connection_end::close_notify);
        }
        CHECK(server.wait() == 0);
        CHECK(server.printed().find("1 requests on 1 connections, 1 sessions and 0 participants left") !=
              std::string::npos);
        std::filesystem::remove(ca_file);
    }
}

TEST_CASE("the program's options reach the server") {
    const auto file =
        (std::filesystem::temp_directory_path() / ("ca-of-test-" + std::to_string(getpid()))).string();
    program server({"--port", "0", "--account", "7", "--username", "me", "--password", "pw", "--delay", "30",
                    "--write-ca", file});
    server.read_until("Ctrl-C stops.");
    CHECK(server.value_of("account   ") == "7");
    CHECK(server.value_of("CA file   ") == file);
    raw_tls_client client(port_of(server), contents(file));
    const auto start = std::chrono::steady_clock::now();
    const auto* const good =
        "POST /v1/accounts/7/sessions HTTP/1.1\r\nHost: h\r\nAuthorization: Basic bWU6cHc=\r\n\r\n";
    CHECK(client.exchange(good).result_int() == 200);
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(30));
    std::filesystem::remove(file);
}

TEST_CASE("the program takes its password from the environment") {
    REQUIRE(setenv("LOOPBACK_PASSWORD", "pw", 1) == 0);
    program server({"--port", "0", "--username", "me"});
    unsetenv("LOOPBACK_PASSWORD");
    server.read_until("Ctrl-C stops.");
    const auto ca_file = server.value_of("CA file   ");
    raw_tls_client client(port_of(server), contents(ca_file));
    const auto* const good =
        "POST /v1/accounts/9900000/sessions HTTP/1.1\r\nHost: h\r\nAuthorization: Basic bWU6cHc=\r\n\r\n";
    CHECK(client.exchange(good).result_int() == 200);
    std::filesystem::remove(ca_file);
}

TEST_CASE("bad usage is status 2") {
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"--nonsense"}, {"--port", "x"}, {"--port", "70000"}, {"--delay", "-1"}, {"extra"}}) {
        CAPTURE(arguments.front());
        program server(arguments);
        CHECK(server.wait() == 2);
    }
    program help({"--help"});
    CHECK(help.wait() == 0);
    CHECK(help.printed().find("--write-ca") != std::string::npos);
}

TEST_CASE("an address that cannot be bound is status 4") {
    const bandwidth::webrtc::testing::loopback_server taken;
    program second({"--port", std::to_string(taken.port())});
    CHECK(second.wait() == 4);
    CHECK(second.printed().find("cannot listen on 127.0.0.1 port " + std::to_string(taken.port())) !=
          std::string::npos);
    program nowhere({"--address", "localhost"});
    CHECK(nowhere.wait() == 4);
}

TEST_CASE("a CA file that cannot be written is status 1") {
    program server({"--port", "0", "--write-ca", "/nowhere/ca.pem"});
    CHECK(server.wait() == 1);
    CHECK(server.printed().find("/nowhere/ca.pem") != std::string::npos);
}
