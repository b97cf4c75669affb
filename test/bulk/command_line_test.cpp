#include "bulk/program/command_line.hpp"

#include <doctest/doctest.h>
#include <sstream>
#include <string>
#include <vector>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

namespace {

class parsed_line {
public:
    explicit parsed_line(std::vector<const char*> words) {
        words.insert(words.begin(), "bandwidth-webrtc-bulk");
        std::ostringstream out;
        std::ostringstream err;
        outcome_ = parse_command_line(static_cast<int>(words.size()), words.data(), out, err);
        out_ = out.str();
        err_ = err.str();
    }
    const options& wanted() const { return std::get<options>(outcome_); }
    const settings& chosen() const { return wanted().load; }
    int status() const { return std::get<int>(outcome_); }
    const std::string& out() const { return out_; }
    const std::string& err() const { return err_; }

private:
    std::variant<options, int> outcome_;
    std::string out_;
    std::string err_;
};

} // namespace

TEST_CASE("command line: without options") {
    const parsed_line line({});
    const auto& chosen = line.chosen();
    CHECK(chosen.sessions == 10'000);
    CHECK(chosen.participants == 2);
    CHECK(chosen.connections == 8);
    CHECK(chosen.depth == 8);
    CHECK(chosen.concurrent_items() == 64);
    CHECK(chosen.api == api_family::webrtc);
    CHECK(chosen.phases.size() == 11);
    CHECK(chosen.timeout == 30s);
    CHECK(chosen.service == service_kind::loopback);
    CHECK(line.wanted().json == "");
    CHECK(line.out() == "");
    CHECK(line.err() == "");
}

TEST_CASE("command line: every option") {
    const parsed_line line({"--sessions", "100k", "--participants=0", "--connections", "4", "--depth", "32",
                            "--callers", "1k", "--operations", "create,get,delete", "--timeout", "1.5s",
                            "--delay", "20ms", "--json", "--quiet", "--progress", "never"});
    const auto& chosen = line.chosen();
    CHECK(chosen.sessions == 100'000);
    CHECK(chosen.participants == 0);
    CHECK(chosen.connections == 4);
    CHECK(chosen.depth == 32);
    CHECK(chosen.concurrent_items() == 1'000);
    CHECK(chosen.operations == "create,get,delete");
    CHECK(chosen.phases.size() == 6);
    CHECK(chosen.timeout == 1500ms);
    CHECK(chosen.delay == 20ms);
    CHECK(line.wanted().json == "-");
    CHECK(line.wanted().quiet);
    CHECK(line.wanted().progress == progress_mode::never);
}

TEST_CASE("command line: which service is called") {
    const parsed_line elsewhere({"--base-url", "https://localhost:8443/v1", "--ca-file", "/dev/null"});
    CHECK(elsewhere.chosen().service == service_kind::url);
    CHECK(elsewhere.chosen().base_url == "https://localhost:8443/v1");
    CHECK(elsewhere.chosen().ca_file == "/dev/null");
    CHECK(parsed_line({"--real"}).chosen().service == service_kind::real);
    CHECK(parsed_line({"--real", "--base-url", "https://host/v1"}).chosen().service == service_kind::real);
}

TEST_CASE("command line: few sessions against the real service, unless told otherwise") {
    CHECK(parsed_line({"--real"}).chosen().sessions == 10);
    CHECK(parsed_line({"--real", "--sessions", "5000"}).chosen().sessions == 5'000);
    CHECK(parsed_line({"--api", "brtc", "--real"}).chosen().endpoints == 10);
    CHECK(parsed_line({"--api", "brtc", "--real", "--endpoints", "5000"}).chosen().endpoints == 5'000);
}

TEST_CASE("command line: each API has its operations, wherever they stand") {
    CHECK(parsed_line({"--api", "webrtc"}).chosen().phases.size() == 11);
    const parsed_line line({"--api", "brtc"});
    CHECK(line.chosen().api == api_family::brtc);
    CHECK(line.chosen().endpoints == 10'000);
    CHECK(line.chosen().operations == "create,get,list,delete");
    CHECK(line.chosen().phases == parse_operations(api_family::brtc, "create,get,list,delete"));
    const parsed_line before({"--operations", "create,update", "--api", "brtc", "--endpoints", "2k"});
    CHECK(before.chosen().endpoints == 2'000);
    CHECK(before.chosen().phases == parse_operations(api_family::brtc, "create,update"));
}

TEST_CASE("command line: help begins with examples and ends with the exit statuses") {
    const parsed_line line({"--help"});
    CHECK(line.status() == 0);
    CHECK(line.out().find("Examples:") < line.out().find("--sessions"));
    CHECK(line.out().find("Exit status:") > line.out().find("--quiet"));
    CHECK(line.err() == "");
}

TEST_CASE("command line: the version names the parts") {
    const parsed_line line({"--version"});
    CHECK(line.status() == 0);
    CHECK(line.out().starts_with("bandwidth-webrtc-bulk "));
    CHECK(line.out().find("Boost 1.") != std::string::npos);
    CHECK(line.out().find("OpenSSL 3") != std::string::npos);
}

TEST_CASE(
    "command line: bad usage gives 2, a message that names the option, and nothing on standard output") {
    struct example {
        std::vector<const char*> words;
        std::string named;
    };
    for (const auto& wrong : {
             example{{"--sessions", "many"}, "--sessions"},
             example{{"--sessions", "0"}, "--sessions: 0 is not between 1 and 100,000,000"},
             example{{"--sessions"}, "--sessions"},
             example{{"--participants", "21"}, "--participants"},
             example{{"--connections", "0"}, "--connections"},
             example{{"--depth", "257"}, "--depth"},
             example{{"--callers", "0"}, "--callers"},
             example{{"--operations", "create,jump"}, "--operations: 'jump' is no operation"},
             example{{"--timeout", "10"}, "--timeout: '10' is no duration"},
             example{{"--timeout", "0s"}, "--timeout"},
             example{{"--delay", "2h"}, "--delay"},
             example{{"--progress", "maybe"}, "--progress"},
             example{{"--ca-file", "/no/such/file", "--real"}, "--ca-file"},
             example{{"--ca-file", "/dev/null"}, "--ca-file: goes with --base-url or --real"},
             example{{"--delay", "0s", "--real"}, "--delay"},
             example{{"--base-url", ""}, "--base-url"},
             example{{"--api", "voice"}, "--api: 'voice' is none of webrtc, brtc"},
             example{{"--api", "brtc", "--sessions", "5"}, "--sessions: goes with --api webrtc"},
             example{{"--api", "brtc", "--participants", "5"}, "--participants: goes with --api webrtc"},
             example{{"--endpoints", "5"}, "--endpoints: goes with --api brtc"},
             example{{"--api", "brtc", "--endpoints", "0"}, "--endpoints: 0 is not between"},
             example{{"--operations", "create,join", "--api", "brtc"}, "'join' is no operation of brtc"},
             example{{"--no-such-option"}, "--no-such-option"},
             example{{"stray"}, "stray"},
         }) {
        const parsed_line line(wrong.words);
        CAPTURE(wrong.named);
        REQUIRE(line.status() == 2);
        CHECK(line.err().find(wrong.named) != std::string::npos);
        CHECK(line.out() == "");
    }
}
