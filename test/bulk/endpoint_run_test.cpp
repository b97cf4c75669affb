// Whole runs with BRTC's endpoints inside of this process, against a loopback service that can be told to fail.
#include "bulk/program/service.hpp"
#include "bulk/run/bulk_run.hpp"
#include "bulk/run/stage.hpp"
#include "bulk/whole_run.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace json = boost::json;
using namespace bandwidth::webrtc::bulk;
using bandwidth::webrtc::testing::fault;
using test::run;

namespace {

// Its runs are of endpoints.
class endpoint_service : public test::observed_service {
public:
    options chosen(std::string_view operations = default_operations(api_family::brtc)) const {
        return observed_service::chosen(api_family::brtc, operations);
    }
};

} // namespace

TEST_CASE("endpoint run: every call is made, every response is right, and nothing is left") {
    endpoint_service service;
    const auto made = run(service.chosen("create,get,update,list,delete"));
    CAPTURE(made.out);
    CHECK(made.status == 0);
    CHECK(made.err == "");
    for (const char* name : {"create_endpoint", "get_endpoint", "update_endpoint_bxml", "delete_endpoint"})
        CHECK(made.operation(name).at("succeeded") == 20);
    CHECK(made.operation("list_endpoints").at("succeeded") == 2); // the second one when all are deleted
    CHECK(made.report.at("operations").as_array().size() == 5);
    const auto totals = made.report.at("totals").as_object();
    CHECK(totals.at("failed") == 0);
    CHECK(totals.at("mismatched") == 0);
    CHECK(service.server().stats().requests() == 4 * 20 + 2);
    CHECK(service.server().endpoint_count() == 0);
}

TEST_CASE("endpoint run: the embedded service is called with client credentials") {
    auto chosen = test::small_run(api_family::brtc, "create,get,list,delete");
    const auto made = run(chosen);
    CHECK(made.status == 0);
    const auto& chosen_settings = made.report.at("parts").as_array().at(0).at("settings");
    CHECK(chosen_settings.at("api") == "brtc");
    CHECK(chosen_settings.at("endpoints") == 20);
    chosen.json = "";
    const auto text = run(chosen).out;
    CHECK(text.starts_with("20 endpoints, against the embedded service\n"));
    CHECK(text.find("Cleaned up") == std::string::npos);
}

TEST_CASE("endpoint run: one access token is fetched from the embedded service") {
    const auto chosen = test::small_run(api_family::brtc, "create,get,delete").load;
    const service embedded(chosen);
    boost::asio::io_context context(1);
    bulk_run made(
        context, chosen,
        [&](boost::asio::io_context& of_engine, share items, std::size_t thread) {
            return embedded.make_job(of_engine, chosen, items, thread, 1);
        },
        nullptr);
    made.run_stages(plan_of(chosen));
    CHECK_FALSE(made.problem());
    CHECK(embedded.stats()->tokens_issued == 1);
}

TEST_CASE("endpoint run: all pages are listed") {
    endpoint_service service;
    auto chosen = service.chosen();
    chosen.load.endpoints = 2'001;
    const auto made = run(chosen);
    CHECK(made.status == 0);
    CHECK(made.operation("list_endpoints").at("succeeded") == 3 + 1);
    CHECK(service.server().endpoint_count() == 0);
}

TEST_CASE("endpoint run: other endpoints of the account do no harm, and stay") {
    endpoint_service service;
    service.server().inject(
        fault().on("DELETE").after(16).always().respond(403)); // the clean-up leaves four behind
    CHECK(run(service.chosen("create")).status == 1);
    service.server().clear_faults();
    const auto made = run(service.chosen());
    CHECK(made.status == 0);
    CHECK(made.report.at("totals").at("mismatched") == 0);
    CHECK(service.server().endpoint_count() == 4);
}

TEST_CASE("endpoint run: an endpoint that is on no page is a mismatch") {
    endpoint_service service;
    service.server().inject(
        fault().on("GET", "/endpoints?").respond(200, R"({"links":[],"data":[],"errors":[]})"));
    const auto made = run(service.chosen());
    CHECK(made.status == 1);
    const auto list = made.operation("list_endpoints");
    CHECK(list.at("succeeded") == 2);
    CHECK(list.at("mismatched") == 1);
    CHECK(list.at("first_mismatch") == "20 endpoints that exist are not listed");
}

TEST_CASE("endpoint run: one that is still listed when it was deleted is a mismatch") {
    endpoint_service service;
    service.server().inject(fault().on("DELETE").times(1).respond(204, ""));
    const auto made = run(service.chosen());
    CHECK(made.status == 1);
    CHECK(made.operation("delete_endpoint").at("succeeded") == 20);
    const auto list = made.operation("list_endpoints");
    CHECK(list.at("mismatched") == 1);
    CHECK(list.at("first_mismatch").as_string().find("is listed, though it was deleted") !=
          json::string::npos);
    CHECK(service.server().endpoint_count() == 1);
}

TEST_CASE("endpoint run: a response that is not what was created is a mismatch") {
    endpoint_service service;
    service.server().inject(fault().on("POST").respond(
        201, R"({"links":[],"data":{"endpointId":"e-made","tag":"x","token":"t"},"errors":[]})"));
    const auto made = run(service.chosen("create"));
    CHECK(made.status == 1);
    const auto create = made.operation("create_endpoint");
    CHECK(create.at("succeeded") == 20);
    CHECK(create.at("mismatched") == 1);
    CHECK(create.at("first_mismatch").as_string().starts_with("tag 'x' where '"));
}

TEST_CASE("endpoint run: failed calls are told by kind, and what could not be created is skipped") {
    endpoint_service service;
    service.server().inject(fault().on("POST").after(5).times(2).respond(500));
    service.server().inject(fault().on("GET", "/endpoints/").after(3).times(3).respond(503));
    const auto made = run(service.chosen("create,get,update,list,delete"));
    CHECK(made.status == 1);
    CHECK(made.operation("create_endpoint").at("failed") == 2);
    const auto get = made.operation("get_endpoint");
    CHECK(get.at("calls") == 18);
    CHECK(get.at("failed") == 3);
    CHECK(get.at("skipped") == 2);
    CHECK(get.at("errors").as_array().size() == 1);
    CHECK(made.operation("update_endpoint_bxml").at("skipped") == 2);
    CHECK(made.operation("delete_endpoint").at("calls") == 18);
    CHECK(made.operation("delete_endpoint").at("skipped") == 2);
    CHECK(made.report.at("totals").at("mismatched") == 0);
    CHECK(service.server().endpoint_count() == 0);
}

TEST_CASE("endpoint run: a page that fails ends the list") {
    endpoint_service service;
    service.server().inject(fault().on("GET", "/endpoints?").after(1).respond(500));
    auto chosen = service.chosen("create,list");
    chosen.load.endpoints = 2'001;
    const auto made = run(chosen);
    CHECK(made.status == 1);
    CHECK(made.operation("list_endpoints").at("succeeded") == 1);
    CHECK(made.operation("list_endpoints").at("failed") == 1);
    CHECK(made.operation("list_endpoints").at("mismatched") == 0);
    CHECK(made.thing("endpoint").at("deleted") == 2'001);
    CHECK(service.server().endpoint_count() == 0);
}

TEST_CASE("endpoint run: a creation whose response is lost is reported as unknown, and may be listed") {
    endpoint_service service;
    service.server().inject(fault().on("POST").after(5).reset());
    auto chosen = service.chosen();
    chosen.load.depth = 1; // so that no other request is lost with it
    const auto made = run(chosen);
    CHECK(made.status == 1);
    CHECK(made.operation("create_endpoint").at("failed") == 1);
    CHECK(made.report.at("totals").at("mismatched") == 0);
    CHECK(made.report.at("clean_up").at("unknown_creations") == 1);
    CHECK(service.server().endpoint_count() == 1); // the service did it, and nobody knows its id
}

TEST_CASE("endpoint run: a failed delete is made good by the clean-up, and its endpoint may be listed") {
    endpoint_service service;
    service.server().inject(fault().on("DELETE").times(2).respond(500));
    const auto made = run(service.chosen());
    CHECK(made.status == 1);
    CHECK(made.operation("delete_endpoint").at("failed") == 2);
    CHECK(made.operation("list_endpoints").at("mismatched") == 0);
    CHECK(made.thing("endpoint").at("deleted") == 2);
    CHECK(made.thing("endpoint").at("left") == 0);
    CHECK(service.server().endpoint_count() == 0);
}

TEST_CASE("endpoint run: refused credentials end the run at once with 3") {
    endpoint_service service;
    service.server().inject(fault().always().respond(401));
    const auto made = run(service.chosen());
    CHECK(made.status == 3);
    CHECK(made.err.find("refuses the credentials") != std::string::npos);
}
