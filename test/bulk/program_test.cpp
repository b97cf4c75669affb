// The program as its users start it.
#include "bulk/counted_service.hpp"
#include "bulk/program_process.hpp"
#include "bulk/temporary_file.hpp"

#include <doctest/doctest.h>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace json = boost::json;
namespace testing = bandwidth::webrtc::testing;
using namespace bandwidth::webrtc::bulk;
using test::program_process;
using test::temporary_file;
using testing::fault;

namespace {

// A loopback service in this process, and the options to run against it for longer than any test waits.
class long_run {
public:
    testing::loopback_server& server() { return service_.server(); }
    // However slow the machine is: deleting after a signal has 10 s, unless it is given more.
    std::vector<std::string> words(api_family api = api_family::webrtc) const {
        auto words = service_.words(api);
        words.back() = "always"; // of --progress
        if (api == api_family::brtc)
            return test::joined(words, {"--api", "brtc", "--endpoints", "1M", "--clean-up-timeout", "5m"});
        return test::joined(words, {"--sessions", "1M", "--participants", "0", "--operations",
                                    "create,get,delete", "--clean-up-timeout", "5m"});
    }
    void wait_for_responses(std::size_t count, const program_process& process) {
        service_.wait_for_responses(count, process);
    }

private:
    test::counted_service service_;
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
    long_run service;
    program_process program(test::joined(service.words(api_family::brtc), {"--json"}));
    service.wait_for_responses(100, program);
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    const auto report = json::parse(program.output());
    CHECK(report.at("operations").as_array().size() == 1);
    const auto& endpoints = report.at("clean_up").at("things").as_array().at(0);
    CHECK(endpoints.at("deleted").as_int64() > 0);
    CHECK(endpoints.at("left") == 0);
    CHECK(service.server().stats().requests_post > 0);
    CHECK(service.server().endpoint_count() == 0);
}

TEST_CASE("program: Ctrl-C reports what was done, deletes what was created, and gives 130") {
    long_run service;
    program_process program(service.words());
    service.wait_for_responses(100, program);
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
    service.wait_for_responses(100, program);
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
    service.wait_for_responses(100, program);
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
    service.wait_for_responses(100, program);
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    const auto report = program.output();
    CAPTURE(report);
    CHECK(report.find("Cleaned up ") != std::string::npos);
    CHECK(report.find("LEFT BEHIND") == std::string::npos);
    CHECK(report.find("UNKNOWN ") != std::string::npos);
}
