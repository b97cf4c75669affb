#include "interop/nginx_process.hpp"

#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>

#include "support/test_client.hpp"

// A server that we did not write: nginx over TLS.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using interop::nginx_process;

namespace {

constexpr std::size_t total = 10'000;

/// True when nginx is installed; otherwise prints that nothing was tested.
bool have_nginx() {
    if (!interop::find_program("nginx").empty())
        return true;
    std::cerr
        << "\n*** SKIPPED: nginx is not installed, so nothing was tried against a server that we did not\n"
           "*** write. Install it with: apt-get install nginx-light\n\n";
    MESSAGE("SKIPPED: nginx is not installed");
    return false;
}

client_options options_for(const nginx_process& server) {
    return client_options{}
        .base_url(server.base_url())
        .account("9900000")
        .credentials("user", "secret")
        .ca_pem(server.ca_pem());
}

/// Keeps `at_once` calls under way until `total` have been answered, and checks each response against its
/// request.
class load {
public:
    load(asio::io_context& context, client& used, std::size_t at_once)
        : context_(context), client_(used), at_once_(at_once) {}

    void run() {
        for (std::size_t i = 0; i < at_once_; ++i)
            start_next();
        support::run_until(context_, [this] { return answered_ == total; });
    }

    std::size_t matched() const { return matched_; }
    const std::string& first_problem() const { return first_problem_; }

private:
    void start_next() {
        if (started_ == total)
            return;
        // Ids of different lengths, so that the responses do not line up.
        auto id = "s" + std::to_string(started_) + std::string(started_ % 17, 'x');
        ++started_;
        const session_id session(id);
        client_.try_get_session(session)([this, id = std::move(id)](const result<webrtc_session>& outcome) {
            ++answered_;
            if (outcome && outcome->id().value() == id)
                ++matched_;
            else if (first_problem_.empty())
                first_problem_ =
                    id + " got " + (outcome ? outcome->id().value() : outcome.error().describe());
            start_next();
        });
    }
    using webrtc_session = bandwidth::webrtc::session;

    asio::io_context& context_;
    client& client_;
    std::size_t at_once_;
    std::size_t started_ = 0;
    std::size_t answered_ = 0;
    std::size_t matched_ = 0;
    std::string first_problem_;
};

} // namespace

TEST_CASE("nginx: 10,000 requests, each response matched, and more than one in flight on the wire") {
    if (!have_nginx())
        return;
    for (const std::size_t depth : {1U, 8U, 32U}) {
        CAPTURE(depth);
        nginx_process server(interop::find_program("nginx"), 1'000'000);
        asio::io_context context;
        client client(context, options_for(server).max_connections(1).pipeline_depth(depth));
        load calls(context, client, 4 * depth);
        calls.run();
        CHECK_MESSAGE(calls.matched() == total, calls.first_problem());
        const auto stats = client.stats();
        CHECK(stats.deepest_pipeline == depth);
        CHECK(stats.dials == 1);
        CHECK(stats.resends == 0);
        CHECK(stats.requests_sent == total);
        CHECK(support::at_rest(stats));
        client.close();
        context.run_for(support::generous_limit);
        server.stop();
        const auto seen = server.read_log();
        CHECK(seen.requests == total);
        CHECK(seen.connections == 1);
        CHECK(seen.most_on_one_connection == total);
        if (depth == 1) {
            CHECK(seen.pipelined == 0);
            CHECK(stats.writes == total);
        } else {
            CHECK(seen.pipelined > total / 2); // nginx itself says so
            CHECK(stats.writes < total / 2);
        }
        MESSAGE("depth " << depth << ": " << seen.pipelined << " of " << seen.requests
                         << " requests reached nginx behind another one; " << stats.writes << " writes");
    }
}

TEST_CASE("nginx: connections that it closes after some requests, in the middle of the pipeline") {
    if (!have_nginx())
        return;
    for (const std::size_t depth : {1U, 8U, 32U}) {
        CAPTURE(depth);
        nginx_process server(interop::find_program("nginx"), 37);
        asio::io_context context;
        client client(context, options_for(server).max_connections(4).pipeline_depth(depth));
        load calls(context, client, 4 * depth);
        calls.run();
        CHECK_MESSAGE(calls.matched() == total, calls.first_problem());
        const auto stats = client.stats();
        CHECK(stats.connections_lost == 0); // every close was announced
        CHECK(stats.calls_failed == 0);
        CHECK(stats.handshakes_resumed > stats.handshakes_full);
        CHECK(support::at_rest(stats));
        client.close();
        context.run_for(support::generous_limit);
        server.stop();
        const auto seen = server.read_log();
        CHECK(seen.requests == total); // what stood behind an announced close was not carried out
        CHECK(seen.connections >= total / 37);
        CHECK(seen.most_on_one_connection == 37);
        if (depth > 1)
            CHECK(seen.pipelined > total / 2);
    }
}

TEST_CASE("nginx: an error page of its own") {
    if (!have_nginx())
        return;
    nginx_process server(interop::find_program("nginx"), 1000);
    asio::io_context context;
    client client(context, options_for(server));
    const auto outcome = support::wait_for(context, client.try_get_session(session_id("NOT-LOWER-CASE")));
    CHECK(outcome.error().http_status() == 404);
    CHECK(outcome.error().message().empty()); // the page is HTML, which is for people
    const auto posted = support::wait_for(context, client.try_create_session());
    CHECK(posted.error().code() == condition::client_error);
}
