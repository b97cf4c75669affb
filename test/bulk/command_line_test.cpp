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
             example{{"--run-id", "a/b"}, "--run-id"},
             example{{"--no-such-option"}, "--no-such-option"},
             example{{"stray"}, "stray"},
             example{{"--sesions", "5"}, "is --sessions meant?"},
             example{{"--thread=5"}, "is --threads meant?"},
             example{{"cleanup", "x"}, "is clean-up meant?"},
             example{{"--duration", "5s"}, "--duration: goes with --lives or --mix"},
             example{{"--warm-up", "5s"}, "--warm-up: goes with --lives or --mix"},
             example{{"--lives", "--duration", "5s", "--warm-up", "5s"}, "--warm-up: is not shorter"},
             example{{"--think", "1s"}, "--think: goes with --lives"},
             example{{"--lives", "--think", "2s-1s"}, "--think: 1s is not between 2.00 s"},
             example{{"--poisson"}, "--poisson: goes with --rate"},
             example{{"--rate", "0"}, "--rate"},
             example{{"--rate", "-5"}, "--rate"},
             example{{"--threads", "9"}, "--threads: are more than the connections"},
             example{{"--mix", "get_session"}, "--mix: needs --duration"},
             example{{"--mix", "get_session", "--duration", "5s", "--lives"},
                     "--mix: does not go with --lives"},
             example{{"--mix", "get_sesion", "--duration", "5s"}, "--mix: 'get_sesion' is no call"},
             example{{"--mix", "get_session=0", "--duration", "5s"}, "--mix: "},
             example{{"--mix", "get_session=", "--duration", "5s"}, "--mix: "},
             example{{"--mix", "get_session,,get_session", "--duration", "5s"}, "--mix: "},
             example{{"--mix", "create_session", "--duration", "5s"}, "--mix: create_session is none of"},
             example{{"--mix", "delete_participant", "--duration", "5s"},
                     "--mix: delete_participant is none of"},
             example{{"--mix", "get_endpoint", "--duration", "5s"}, "--mix: 'get_endpoint' is no call"},
             example{{"--mix", "list_endpoints", "--duration", "5s", "--api", "brtc"},
                     "--mix: list_endpoints"},
             example{{"--mix", "get_participant", "--duration", "5s", "-p", "0"}, "needs --participants"},
             example{{"--shard", "5/4"}, "--shard"},
             example{{"--threshold", "get_session.p99"}, "--threshold"},
             example{{"--json", "{host}.json"}, "--json: '{host}' in a file name"},
             example{{"--hgrm", "{x}"}, "--hgrm: '{x}' in a file name"},
             example{{"--journal", "{x}"}, "--journal: '{x}' in a file name"},
             example{{"--journal", "x", "--no-journal"}, "--no-journal"},
             example{{"--resume", "/dev/null", "--no-journal"}, "--no-journal"},
             example{{"--resume", "/dev/null", "--journal", "x"}, "--resume: does not go with --journal"},
             example{{"--resume", "/dev/null"}, "/dev/null"},
             example{{"--resume", "/no/such/file"}, "--resume"},
             example{{"clean-up"}, "JOURNAL"},
             example{{"compare", "/dev/null"}, "compare: takes two reports"},
             example{{"merge", "/dev/null", "--dry-run"}, "--dry-run: goes with a run"},
             example{{"--dry-run", "--sessions", "0"}, "--sessions"},
         }) {
        const parsed_line line(wrong.words);
        CAPTURE(wrong.named);
        REQUIRE(line.status() == 2);
        CHECK(line.err().find(wrong.named) != std::string::npos);
        CHECK(line.out() == "");
    }
}

TEST_CASE("command line: the load") {
    const parsed_line line({"--lives",
                            "--rate",
                            "2.5k",
                            "--poisson",
                            "--ramp",
                            "10s",
                            "--duration",
                            "5m",
                            "--warm-up",
                            "20s",
                            "--think",
                            "1s-3s",
                            "--threads",
                            "4",
                            "--attempts",
                            "5",
                            "--abort-after",
                            "90s",
                            "--clean-up-timeout",
                            "3m",
                            "--shard",
                            "2/4"});
    const auto& chosen = line.chosen();
    CHECK(chosen.shape == load_shape::lives);
    CHECK(chosen.rate == 2500);
    CHECK(chosen.process == arrival_process::poisson);
    CHECK(chosen.ramp == 10s);
    CHECK(chosen.duration == 5min);
    CHECK(chosen.warm_up == 20s);
    CHECK(chosen.think_min == 1s);
    CHECK(chosen.think_max == 3s);
    CHECK(chosen.threads == 4);
    CHECK(chosen.attempts == 5);
    CHECK(chosen.abort_after == 90s);
    CHECK(chosen.clean_up_timeout == 3min);
    CHECK(chosen.part == shard{2, 4});
    CHECK(chosen.concurrent_items() == 10'000);
    CHECK(chosen.sessions > 2500 * 300); // so many that they do not end before the time
    CHECK(parsed_line({"--lives", "--think", "2s"}).chosen().think_min == 2s);
}

TEST_CASE("command line: a mix has weights, which are 1 where none is given") {
    const parsed_line line(
        {"--mix", "get_session=8,get_participant,list_session_participants=0.5", "--duration", "5s"});
    const auto& mix = line.chosen().mix;
    REQUIRE(mix.size() == 3);
    CHECK(mix[0].kind == call_kind::get_session);
    CHECK(mix[0].weight == 8);
    CHECK(mix[1].weight == 1);
    CHECK(mix[2].weight == 0.5);
    CHECK(line.chosen().duration == 5s);
}

TEST_CASE("command line: where the JSON goes") {
    CHECK(parsed_line({"--json"}).wanted().json == "-");
    CHECK(parsed_line({"-j", "--quiet"}).wanted().json == "-");
    CHECK(parsed_line({"--json", "file"}).wanted().json == "file");
    CHECK(parsed_line({"--json=file"}).wanted().json == "file");
}

TEST_CASE("command line: a run's words make it once more, without what is about files and output") {
    const parsed_line line({"-s", "5k", "--lives", "--rate=20", "--json", "x", "--threshold", "all.failed<1",
                            "-q", "--shard", "1/2", "--run-id", "me", "--dry-run"});
    CHECK(line.wanted().words == std::vector<std::string>{"--sessions=5k", "--lives", "--rate=20"});
}
