// When a load ends early, because the service is away, and how the deleting behind it ends.
#include "bulk/breakable_proxy.hpp"
#include "bulk/program/service.hpp"
#include "bulk/run/bulk_run.hpp"
#include "bulk/run/stage.hpp"
#include "bulk/temporary_file.hpp"
#include "bulk/whole_run.hpp"

#include <doctest/doctest.h>
#include <atomic>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace testing = bandwidth::webrtc::testing;
using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using test::of_service;
using test::record_of;
using test::report_of;
using testing::fault;

namespace {

// A service behind a proxy that breaks off all connections once the service has made so many responses.
class breaking_service {
public:
    explicit breaking_service(int responses)
        : left_(responses)
        , service_(testing::loopback_options().on_response([this](std::string_view, std::string_view, int) {
            if (--left_ == 0)
                proxy_->break_off();
        })) {
        proxy_.emplace(service_.server().port());
    }

    testing::loopback_server& server() { return service_.server(); }
    test::breakable_proxy& proxy() { return *proxy_; }
    // Of more sessions than it makes responses.
    options chosen(std::string_view operations) const {
        auto made = of_service(service_, 100'000, operations);
        made.load.base_url = proxy_->url("/v1");
        return made;
    }

private:
    std::atomic<int> left_;
    std::optional<test::breakable_proxy> proxy_; // outlives the service, which calls it
    test::observed_service service_;
};

} // namespace

TEST_CASE("load: a service that goes away ends the run with 4, a report, and few calls that fail") {
    breaking_service service(300);
    auto chosen = service.chosen("create,get,delete");
    chosen.load.abort_after = 1s;
    chosen.load.clean_up_timeout = 500ms;
    const auto made = test::run(chosen);
    CHECK(made.status == 4);
    CHECK(made.err.find("no call had succeeded for 1.00 s") != std::string::npos);
    const auto create = record_of(report_of(made), "create_session");
    CAPTURE(made.err);
    CHECK(create.succeeded() > 0);
    CHECK(create.failed > 0);
    CHECK(create.failed < 1'000);
    CHECK(report_of(made).operations.size() == 1);
    CHECK(report_of(made).clean_up().left() == create.succeeded());
    CHECK(service.proxy().refused() < 500);
}

TEST_CASE("load: what was created is deleted when the service is back") {
    breaking_service broken(300);
    auto chosen = broken.chosen("create").load;
    chosen.abort_after = 300ms;
    chosen.callers = 4;
    const service called(chosen);
    boost::asio::io_context context(1);
    bulk_run run(
        context, chosen,
        [&](boost::asio::io_context& of_engine, share items, std::size_t thread) {
            return called.make_job(of_engine, chosen, items, thread, 1);
        },
        nullptr);
    run.run_stages(plan_of(chosen));
    CHECK(run.aborted());
    // It comes back once the deleting has tried in vain.
    const auto refused = broken.proxy().refused();
    bool was_down = false;
    std::thread later([&] {
        was_down = broken.proxy().wait_for_refused(refused + 2);
        broken.proxy().mend();
    });
    run.clean_up(1min);
    later.join();
    CHECK(was_down);
    const auto cleaned = run.clean_up_result();
    CHECK(cleaned.left() == 0);
    CHECK(cleaned.deleted() > 0);
    CHECK(broken.proxy().refused() < 100);
    // What had no response when the service went away is there and unknown.
    CHECK(broken.server().session_count() <= cleaned.unknown_creations);
}

TEST_CASE("load: a slow service that fails nothing is not given up") {
    test::observed_service service(testing::loopback_options().delay(600ms));
    auto chosen = of_service(service, 2, "create,delete");
    chosen.load.abort_after = 200ms;
    CHECK(test::run(chosen).status == 0);
}

TEST_CASE("load: a clean-up ends soon where waiting mends nothing") {
    const test::temporary_folder folder;
    test::observed_service service;
    auto chosen = of_service(service, 20, "create");
    chosen.load.clean_up_timeout = 10min;
    chosen.journal = folder.file("journal");
    chosen.no_journal = false;
    // A service that is broken for good is asked a few times, with pauses that grow.
    service.server().inject(fault().on("DELETE").always().respond(500));
    const auto broken = test::run(chosen);
    CHECK(broken.status == 1);
    CHECK(report_of(broken).clean_up().left() == 20);
    const auto asked = service.server().stats().requests_delete;
    CHECK(asked > 20);
    CHECK(asked <= 20 * 7);

    // A certificate that is not trusted today is not tomorrow.
    service.server().clear_faults();
    auto deleting = chosen;
    deleting.wanted = command::clean_up;
    deleting.resumes = true;
    deleting.load.ca_file = "";
    const auto untrusted = test::run(deleting);
    CHECK(untrusted.status == 1);
    CHECK(service.server().session_count() == 20);
    deleting.load.ca_file = chosen.load.ca_file;
    CHECK(test::run(deleting).status == 0);
    CHECK(service.server().session_count() == 0);
}
