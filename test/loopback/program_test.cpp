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
#include <bandwidth/webrtc/version.hpp>

#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

using loopback_test::request;
using support::raw_tls_client;

namespace {

/// The program bandwidth-webrtc-loopback, running; what it prints on both streams can be read.
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

    /// As above, of the output from `start` on; where the text is.
    std::size_t read_until(const std::string& text, std::size_t start) {
        while (printed_.find(text, start) == std::string::npos && read_more()) {
        }
        REQUIRE(printed_.find(text, start) != std::string::npos);
        return printed_.find(text, start);
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

/// The response to the request of the client "me" for an access token.
auto ask_for_token(raw_tls_client& client, const std::string& secret) {
    const auto body = "grant_type=client_credentials&client_id=me&client_secret=" + secret;
    return client.exchange(
        "POST /api/v1/oauth2/token HTTP/1.1\r\nHost: h\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
}

template <class Response>
std::string token_in(const Response& issued) {
    return boost::json::parse(issued.body()).at("access_token").as_string().c_str();
}

/// The response to the creation of a session with this access token.
auto post_session(raw_tls_client& client, const std::string& token) {
    return client.exchange(
        "POST /v1/accounts/9900000/sessions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + token +
        "\r\n\r\n");
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
        CHECK(server.printed().find(
                  "1 requests on 1 connections, 1 sessions, 0 participants and 0 endpoints left") !=
              std::string::npos);
        std::filesystem::remove(ca_file);
    }
}

TEST_CASE("the program's options reach the server") {
    const auto file =
        (std::filesystem::temp_directory_path() / ("ca-of-test-" + std::to_string(getpid()))).string();
    program server({"--port", "0", "--account", "7", "--username", "me", "--password", "pw", "--delay",
                    "30ms", "--write-ca", file});
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

TEST_CASE("the program takes the client's secret from the environment") {
    REQUIRE(setenv("LOOPBACK_CLIENT_SECRET", "from-environment", 1) == 0);
    program server({"--port", "0", "--client-id", "me"});
    unsetenv("LOOPBACK_CLIENT_SECRET");
    server.read_until("Ctrl-C stops.");
    const auto ca_file = server.value_of("CA file   ");
    raw_tls_client client(port_of(server), contents(ca_file));
    CHECK(ask_for_token(client, "from-environment").result_int() == 200);
    CHECK(ask_for_token(client, "client-secret").result_int() == 401);
    CHECK(server.printed().find("from-environment") == std::string::npos);
    std::filesystem::remove(ca_file);
}

TEST_CASE("each SIGUSR1 has the program revoke the access tokens that are out, and say so") {
    program server({"--port", "0", "--client-id", "me"});
    server.read_until("Ctrl-C stops.");
    const auto ca_file = server.value_of("CA file   ");
    raw_tls_client client(port_of(server), contents(ca_file));
    const std::string line = "\nSIGUSR1: access tokens revoked\n";
    for (std::size_t printed = 0, round = 0; round < 2; ++round) {
        const auto token = token_in(ask_for_token(client, "client-secret"));
        CHECK(post_session(client, token).result_int() == 200);
        server.send(SIGUSR1);
        printed = server.read_until(line, printed) + line.size() - 1;
        CHECK(post_session(client, token).result_int() == 401);
    }
    CHECK(post_session(client, token_in(ask_for_token(client, "client-secret"))).result_int() == 200);
    server.send(SIGTERM);
    CHECK(server.wait() == 0);
    std::filesystem::remove(ca_file);
}

TEST_CASE("the program issues access tokens for the client of its command line, and prints no secret") {
    program server({"--port", "0", "--log", "--client-id", "me", "--client-secret", "old-one",
                    "--client-secret", "new-one", "--token-lifetime", "90"});
    server.read_until("Ctrl-C stops.");
    const auto ca_file = server.value_of("CA file   ");
    CHECK(server.value_of("token URL ") ==
          "https://localhost:" + std::to_string(port_of(server)) + "/api/v1/oauth2/token");
    CHECK(server.value_of("client id ") == "me");
    raw_tls_client client(port_of(server), contents(ca_file));
    CHECK(ask_for_token(client, "old-one").result_int() == 200);
    CHECK(ask_for_token(client, "client-secret").result_int() == 401);
    const auto issued = ask_for_token(client, "new-one");
    CHECK(boost::json::parse(issued.body()).at("expires_in") == 90);
    const auto token = token_in(issued);
    CHECK(post_session(client, token).result_int() == 200);
    server.send(SIGTERM);
    CHECK(server.wait() == 0);
    for (const auto& secret : {std::string("old-one"), std::string("new-one"), token})
        CHECK(server.printed().find(secret) == std::string::npos);
    std::filesystem::remove(ca_file);
}

TEST_CASE("bad usage is status 2") {
    for (const auto& arguments : std::vector<std::vector<std::string>>{{"--nonsense"},
                                                                       {"--port", "x"},
                                                                       {"--port", "70000"},
                                                                       {"--delay", "-1"},
                                                                       {"extra"},
                                                                       {"--delay", "1d"},
                                                                       {"--delay", "25h"},
                                                                       {"--throttle", "0"},
                                                                       {"--throttle", "10/5"},
                                                                       {"--throttle", "/1s"},
                                                                       {"--token-lifetime", "0"},
                                                                       {"--token-lifetime", "x"},
                                                                       {"--client-secret", ""},
                                                                       {"--fault", ""},
                                                                       {"--fault", "method=GET"},
                                                                       {"--fault", "nonsense"},
                                                                       {"--fault", "status=99"},
                                                                       {"--fault", "status=x"},
                                                                       {"--fault", "reset,delay=3"},
                                                                       {"--fault", "header=X"},
                                                                       {"--fault", "reset=1"},
                                                                       {"--fault", "reset,"}}) {
        CAPTURE(arguments.front());
        CAPTURE(arguments.back());
        program server(arguments);
        CHECK(server.wait() == 2);
    }
    program help({"--help"});
    CHECK(help.wait() == 0);
    CHECK(help.printed().find("--write-ca") != std::string::npos);
    CHECK(help.printed().find("throttle=2s") != std::string::npos);
    CHECK(help.printed().find("SIGUSR1") != std::string::npos);
    program many({"--client-secret", "a", "--client-secret", "b", "--client-secret", "c"});
    CHECK(many.wait() == 2);
    program refused({"--fault", "reset,delay=3"});
    CHECK(refused.wait() == 2);
    CHECK(refused.printed().find("--fault: '3' is not a duration") != std::string::npos);
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

TEST_CASE("the program injects the faults of its command line, in their order") {
    program server({"--port", "0", "--fault",
                    "method=GET,target=/sessions/,after=1,times=2,status=503,header=X-Fault:a b", "--fault",
                    "method=POST,throttle=1500ms", "--fault", "always,method=DELETE,reset"});
    server.read_until("Ctrl-C stops.");
    const auto ca_file = server.value_of("CA file   ");
    raw_tls_client client(port_of(server), contents(ca_file));
    const auto get = request("GET", "/sessions/x");
    CHECK(client.exchange(get).result_int() == 404);
    const auto fault = client.exchange(get);
    CHECK(fault.result_int() == 503);
    CHECK(fault["X-Fault"] == "a b");
    CHECK(client.exchange(request("GET", "/participants/x")).result_int() == 404);
    CHECK(client.exchange(get).result_int() == 503);
    CHECK(client.exchange(get).result_int() == 404);
    const auto throttled = client.exchange(request("POST", "/sessions"));
    CHECK(throttled.result_int() == 429);
    CHECK(throttled[boost::beast::http::field::retry_after] == "2");
    CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
    client.send(request("DELETE", "/sessions/x"));
    CHECK(client.read_to_end() == support::connection_end::reset);
    std::filesystem::remove(ca_file);
}

TEST_CASE("the program ends connections and cuts responses as its command line has it") {
    program server({"--port", "0", "--fault", "target=/one,close-before", "--fault",
                    "target=/two,truncate=15,delay=1ms", "--fault", "target=/three,garbage=nonsense",
                    "--fault", "target=/four,close-after"});
    server.read_until("Ctrl-C stops.");
    const auto ca_file = server.value_of("CA file   ");
    const auto unread_after = [&](const char* path) {
        raw_tls_client client(port_of(server), contents(ca_file));
        client.send(request("GET", path, {}, "Connection: close\r\n"));
        CHECK(client.read_to_end() == support::connection_end::close_notify);
        return std::string(client.unread());
    };
    CHECK(unread_after("/one").empty());
    CHECK(unread_after("/two") == "HTTP/1.1 403 Fo");
    CHECK(unread_after("/three") == "nonsense");
    CHECK(unread_after("/four").starts_with("HTTP/1.1 403 Forbidden\r\n"));
    std::filesystem::remove(ca_file);
}

TEST_CASE(
    "the program throttles, leaves out empty lists, takes older versions and serves metrics when told to") {
    program server({"--port", "0", "--throttle", "6/24h", "--max-endpoints", "1", "--empty-lists-as-204",
                    "--older-device-api-versions", "--metrics"});
    server.read_until("Ctrl-C stops.");
    const auto ca_file = server.value_of("CA file   ");
    CHECK(server.value_of("metrics   ") ==
          "https://localhost:" + std::to_string(port_of(server)) + "/metrics");
    raw_tls_client client(port_of(server), contents(ca_file));
    const auto created = client.exchange(request("POST", "/sessions"));
    const std::string id(boost::json::parse(created.body()).at("id").as_string().c_str());
    CHECK(client.exchange(request("GET", "/sessions/" + id + "/participants")).result_int() == 204);
    CHECK(client.exchange(request("POST", "/participants", R"({"deviceApiVersion":"v2"})")).result_int() ==
          200);
    CHECK(client.exchange(request("GET", "/sessions/" + id)).result_int() == 200);
    CHECK(server.value_of("BRTC URL  ") == "https://localhost:" + std::to_string(port_of(server)) + "/v2");
    const std::string endpoint = R"({"type":"WEBRTC","direction":"INBOUND"})";
    for (const auto status : {201U, 429U})
        CHECK(client
                  .exchange("POST /v2/accounts/9900000/endpoints HTTP/1.1\r\nHost: h\r\n" +
                            std::string(loopback_test::authorization) +
                            "Content-Length: " + std::to_string(endpoint.size()) + "\r\n\r\n" + endpoint)
                  .result_int() == status);
    const auto throttled = client.exchange(request("POST", "/sessions"));
    CHECK(throttled.result_int() == 429);
    CHECK(std::stoi(std::string(throttled[boost::beast::http::field::retry_after])) > 80000);
    const auto metrics = client.exchange("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(metrics.result_int() == 200);
    for (const auto* line :
         {R"(bandwidth_webrtc_loopback_requests_total{operation="createSession",status="429"} 1)",
          R"(bandwidth_webrtc_loopback_requests_total{operation="listSessionParticipants",status="204"} 1)",
          "bandwidth_webrtc_loopback_open_connections 1", "bandwidth_webrtc_loopback_sessions 1",
          R"(bandwidth_webrtc_loopback_requests_total{operation="createEndpoint",status="201"} 1)",
          "bandwidth_webrtc_loopback_participants 1", "bandwidth_webrtc_loopback_endpoints 1"}) {
        CAPTURE(line);
        CHECK(metrics.body().find(std::string("\n") + line + "\n") != std::string::npos);
    }
    std::filesystem::remove(ca_file);
}

TEST_CASE("the program tells its version and those of its parts") {
    program asked({"--version"});
    CHECK(asked.wait() == 0);
    const auto name_and_version =
        "bandwidth-webrtc-loopback " + std::string(bandwidth::webrtc::version_string) + "\n";
    CHECK(asked.printed().starts_with(name_and_version));
    CHECK(asked.printed().find("\nBoost 1.") != std::string::npos);
    CHECK(asked.printed().find("OpenSSL 3.") != std::string::npos);
}
