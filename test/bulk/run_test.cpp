// Whole runs inside of this process, against a loopback service that can be told to fail.
#include "bulk/whole_run.hpp"

#include <doctest/doctest.h>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace json = boost::json;
namespace testing = bandwidth::webrtc::testing;
using namespace bandwidth::webrtc::bulk;
using test::run;
using testing::fault;

namespace {

options of_sessions(std::string_view operations = default_operations(api_family::webrtc)) {
    return test::small_run(api_family::webrtc, operations);
}

// Its runs are of sessions.
class session_service : public test::observed_service {
public:
    options chosen(std::string_view operations = default_operations(api_family::webrtc)) const {
        return observed_service::chosen(api_family::webrtc, operations);
    }
};

} // namespace

TEST_CASE("run: every call is made, every response is right, and nothing is left") {
    session_service service;
    const auto made = run(service.chosen());
    CAPTURE(made.out);
    CHECK(made.status == 0);
    CHECK(made.err == "");
    for (const char* name : {"create_session", "get_session", "list_session_participants", "delete_session"})
        CHECK(made.operation(name).at("succeeded") == 20);
    for (const char* name : {"create_participant", "add_participant_to_session", "get_participant",
                             "update_participant_subscriptions", "get_participant_subscriptions",
                             "remove_participant_from_session", "delete_participant"})
        CHECK(made.operation(name).at("succeeded") == 60);
    const auto totals = made.report.at("totals").as_object();
    CHECK(totals.at("calls") == 4 * 20 + 7 * 60);
    CHECK(totals.at("failed") == 0);
    CHECK(totals.at("mismatched") == 0);
    CHECK(service.server().stats().requests() == 4 * 20 + 7 * 60);
    CHECK(service.server().session_count() == 0);
    CHECK(service.server().participant_count() == 0);
}

TEST_CASE("run: against the embedded service, in text") {
    auto chosen = of_sessions();
    chosen.json = "";
    const auto made = run(chosen);
    CAPTURE(made.out);
    CHECK(made.status == 0);
    CHECK(made.out.find("20 sessions with 3 participants each, against the embedded service") == 0);
    CHECK(made.out.find("\nall ") != std::string::npos);
    CHECK(made.out.find("the service saw") != std::string::npos);
    CHECK(made.out.find("Cleaned up") == std::string::npos);
    CHECK(made.err == "");
}

TEST_CASE("run: without participants their calls are not there") {
    auto chosen = of_sessions();
    chosen.load.participants = 0;
    const auto made = run(chosen);
    CHECK(made.status == 0);
    CHECK(made.report.at("operations").as_array().size() == 4);
    CHECK(made.report.at("totals").at("calls") == 80);
}

TEST_CASE("run: alone in a session a participant subscribes to everybody") {
    auto chosen = of_sessions();
    chosen.load.participants = 1;
    const auto made = run(chosen);
    CHECK(made.status == 0);
    CHECK(made.operation("get_participant_subscriptions").at("succeeded") == 20);
}

TEST_CASE("run: calls are pipelined, and no deeper than asked") {
    session_service service;
    auto chosen = service.chosen("create,get,delete");
    chosen.load.sessions = 500;
    chosen.load.connections = 1;
    chosen.load.depth = 4;
    chosen.load.callers = 16;
    CHECK(run(chosen).status == 0);
    CHECK(service.server().stats().max_pipelined > 1);
    CHECK(service.server().stats().max_pipelined <= 4);
    CHECK(service.server().stats().connections_accepted == 1);
}

TEST_CASE("run: a mix without delete is cleaned up, and says so") {
    session_service service;
    const auto made = run(service.chosen("create,join,get,get"));
    CHECK(made.status == 0);
    CHECK(made.operation("get_session").at("succeeded") == 40);
    CHECK(made.operation("delete_session").empty());
    CHECK(made.thing("session").at("deleted") == 20);
    CHECK(made.thing("participant").at("deleted") == 60);
    CHECK(service.server().session_count() == 0);
    CHECK(service.server().participant_count() == 0);
}

TEST_CASE("run: failed calls are told by kind, and the exit status is 1") {
    session_service service;
    service.server().inject(fault().on("GET", "/sessions/").after(3).times(2).respond(503));
    service.server().inject(fault().on("GET", "/sessions/").times(1).respond(500));
    const auto made = run(service.chosen("create,get,delete"));
    CHECK(made.status == 1);
    const auto get = made.operation("get_session");
    CHECK(get.at("calls") == 20);
    CHECK(get.at("failed") == 3);
    REQUIRE(get.at("errors").as_array().size() == 2);
    const auto& most = get.at("errors").as_array()[0];
    CHECK(most.at("count") == 2);
    CHECK(most.at("kind").as_string().find("503") != json::string::npos);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("run: the response to another request, which the client refuses, is told by kind") {
    session_service service;
    service.server().inject(fault().on("GET", "/sessions/").respond(200, R"({"id":"another","tag":"x"})"));
    const auto made = run(service.chosen("create,get,delete"));
    CHECK(made.status == 1);
    const auto get = made.operation("get_session");
    CHECK(get.at("succeeded") == 19);
    CHECK(get.at("failed") == 1);
    REQUIRE(get.at("errors").as_array().size() == 1);
    const auto& kind = get.at("errors").as_array()[0].at("kind").as_string();
    CHECK(kind.find("another request's") != json::string::npos);
}

TEST_CASE("run: a response that is not what was created is a mismatch, and the exit status is 1") {
    session_service service;
    // The tag is not the one that was given.
    service.server().inject(fault().on("POST", "/sessions").respond(201, R"({"id":"made","tag":"x"})"));
    const auto made = run(service.chosen("create"));
    CHECK(made.status == 1);
    const auto create = made.operation("create_session");
    CHECK(create.at("succeeded") == 20);
    CHECK(create.at("failed") == 0);
    CHECK(create.at("mismatched") == 1);
    CHECK(create.at("first_mismatch").as_string().starts_with("tag 'x' where '"));
    CHECK(made.report.at("totals").at("mismatched") == 1);
}

TEST_CASE("run: what needs something that could not be created is skipped") {
    session_service service;
    service.server().inject(fault().on("POST", "/sessions").after(5).respond(500));
    service.server().inject(fault().on("POST", "/participants").after(5).respond(500));
    const auto made = run(service.chosen());
    CHECK(made.status == 1);
    CHECK(made.operation("create_session").at("failed") == 1);
    CHECK(made.operation("get_session").at("calls") == 19);
    CHECK(made.operation("get_session").at("skipped") == 1);
    CHECK(made.operation("get_participant").at("skipped") == 1);
    // One participant is missing, and three have no session; they may be the same.
    CHECK(made.operation("add_participant_to_session").at("skipped").as_int64() >= 3);
    CHECK(made.operation("delete_participant").at("failed") == 0);
    CHECK(made.report.at("totals").at("mismatched") == 0);
    CHECK(service.server().session_count() == 0);
    CHECK(service.server().participant_count() == 0);
}

TEST_CASE("run: a creation whose response is lost is reported as unknown") {
    session_service service;
    service.server().inject(fault().on("POST", "/sessions").after(5).reset());
    const auto made = run(service.chosen("create,get,delete"));
    CHECK(made.status == 1);
    CHECK(made.operation("create_session").at("failed") == 1);
    CHECK(made.report.at("clean_up").at("unknown_creations") == 1);
    CHECK(service.server().session_count() == 1); // the service did it, and nobody knows its id
}

TEST_CASE("run: a failed delete is made good by the clean-up") {
    session_service service;
    service.server().inject(fault().on("DELETE", "/sessions/").times(2).respond(500));
    const auto made = run(service.chosen("create,delete"));
    CHECK(made.status == 1);
    CHECK(made.operation("delete_session").at("failed") == 2);
    CHECK(made.thing("session").at("deleted") == 2);
    CHECK(made.thing("session").at("left") == 0);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("run: what cannot be deleted is told, and the exit status is 1") {
    session_service service;
    service.server().inject(fault().on("DELETE", "/sessions/").after(18).always().respond(500));
    const auto made = run(service.chosen("create,get"));
    CHECK(made.status == 1);
    CHECK(made.thing("session").at("deleted") == 18);
    CHECK(made.thing("session").at("left") == 2);
    CHECK(made.report.at("clean_up").at("first_error").as_string().find("500") != json::string::npos);
}

TEST_CASE("run: refused credentials end the run at once with 3") {
    session_service service;
    service.server().inject(fault().always().respond(401));
    auto chosen = service.chosen();
    chosen.load.sessions = 5'000;
    const auto made = run(chosen);
    CHECK(made.status == 3);
    CHECK(made.err.find("refuses the credentials") != std::string::npos);
    CHECK(made.report.at("totals").at("calls").as_int64() <= 16); // those that were in flight
    CHECK(service.server().stats().requests() <= 16);
}

TEST_CASE("run: a 403 among successes is a failed call like any other") {
    session_service service;
    service.server().inject(fault().on("GET").after(4).respond(403));
    CHECK(run(service.chosen("create,get,delete")).status == 1);
}

TEST_CASE("run: where nobody listens it ends at once with 4") {
    // Bound and not listening: no other process can take the port, and connections are refused.
    asio::io_context context;
    asio::ip::tcp::socket bound(context, {asio::ip::make_address("127.0.0.1"), 0});
    auto chosen = of_sessions();
    chosen.load.service = service_kind::url;
    chosen.load.base_url = "https://127.0.0.1:" + std::to_string(bound.local_endpoint().port()) + "/v1";
    const auto made = run(chosen);
    CHECK(made.status == 4);
    CHECK(made.err.find("no connection to " + chosen.load.base_url) != std::string::npos);
    CHECK(made.report.at("exit_status") == 4);
    CHECK(made.report.at("client").at("dials").as_int64() <= 2); // one for each connection
    CHECK(made.thing("session").at("left") == 0);
}

TEST_CASE("run: a certificate that is not trusted is no connection") {
    session_service service;
    auto chosen = service.chosen();
    chosen.load.ca_file = "";
    CHECK(run(chosen).status == 4);
}

TEST_CASE("run: options that the client refuses give 3") {
    auto chosen = of_sessions();
    chosen.load.service = service_kind::url;
    chosen.load.base_url = "http://api.example/v1";
    const auto made = run(chosen);
    CHECK(made.status == 3);
    CHECK(made.err.find("bandwidth-webrtc-bulk: ") == 0);
    CHECK(made.out == "");
}
