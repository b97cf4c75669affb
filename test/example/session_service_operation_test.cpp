// session_service as those see it who run it: health, metrics, log, traces, graceful stops, rotation.
#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/client_credentials.hpp>
#include <bandwidth/webrtc/testing/certificate.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "example/session_service.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

namespace {

namespace json = boost::json;
namespace webrtc = bandwidth::webrtc;
using namespace test_example;
using namespace std::chrono_literals;
using support::count_of;

constexpr const char* request_line =
    R"("message":"request")"; // the log has one for each room that was asked for
constexpr const char* traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr const char* trace_id = "0af7651916cd43dd8448eb211c80319c";

// Makes one room after the other, until it is told to end or that its connection ends, as a load balancer's
// connections are told.
class room_maker {
public:
    explicit room_maker(unsigned short port) : thread_([this, port] { run(port); }) {}
    room_maker(const room_maker&) = delete;
    room_maker& operator=(const room_maker&) = delete;
    ~room_maker() { end(); }

    void end() {
        ending_ = true;
        if (thread_.joinable())
            thread_.join();
    }
    // After `end`.
    std::size_t made() const { return made_; }
    const std::string& failure() const { return failure_; }

private:
    void run(unsigned short port) {
        try {
            caller connection(port);
            while (!ending_) {
                const auto response = connection.call(http::verb::post, "/rooms", nobody_in_it);
                if (response.result_int() != 201) {
                    failure_ = std::to_string(response.result_int()) + ' ' + response.body();
                    return;
                }
                ++made_;
                if (!response.keep_alive())
                    return;
            }
        } catch (const boost::system::system_error& error) {
            // A request that found its connection closed, and no byte of a response, was not taken. What was made for
            // one that was taken is counted at the service behind.
            if (error.code() != http::error::end_of_stream &&
                error.code() != boost::system::errc::connection_reset &&
                error.code() != boost::system::errc::broken_pipe)
                failure_ = error.what();
        }
    }

    std::atomic<bool> ending_ = false;
    std::size_t made_ = 0;
    std::string failure_;
    std::thread thread_; // last, since it uses the others
};

class load {
public:
    explicit load(unsigned short port) {
        for (int i = 0; i < 4; ++i)
            makers_.emplace_back(port);
    }
    // How many rooms there are for their callers; checks that none failed.
    std::size_t end() {
        std::size_t made = 0;
        for (auto& each : makers_) {
            each.end();
            CHECK(each.failure() == "");
            made += each.made();
        }
        return made;
    }

private:
    std::deque<room_maker> makers_;
};

std::vector<json::object> lines_of(const std::string& log) {
    std::vector<json::object> lines;
    std::istringstream text(log);
    for (std::string line; std::getline(text, line);)
        lines.push_back(json::parse(line).as_object());
    return lines;
}

// Waits for that many requests behind what was read so far.
bool more_lines(session_service& rooms, std::size_t count) {
    return rooms.says(request_line, count_of(rooms.text(), request_line) + count);
}

// A token of the service's, as another program has fetched it.
std::string fetch_token(testing::loopback_server& server) {
    asio::io_context context;
    auto tokens = webrtc::token_options().token_url(server.token_url());
    tokens.connection().ca_pem(server.ca_pem());
    auto options = server.client_options();
    options.credentials(webrtc::client_credentials(server.client_id(), server.client_secret(), tokens));
    webrtc::client client(context, options);
    REQUIRE(support::wait_for(context, client.try_create_session()).has_value());
    for (const auto& each : server.received()) {
        constexpr std::string_view scheme = "Bearer ";
        if (each.header("Authorization").starts_with(scheme))
            return std::string(each.header("Authorization").substr(scheme.size()));
    }
    FAIL("no request had a token");
    return {};
}

} // namespace

TEST_CASE("session_service is ready while a connection can be made, and lives in any case") {
    testing::certificate_authority authority;
    const auto shown =
        authority.issue(testing::certificate_options{}.dns_name("localhost").ip_address("127.0.0.1"));
    std::optional<testing::loopback_server> behind(std::in_place,
                                                   testing::loopback_options{}.server_certificate(shown));
    const temporary_file ca_file(authority.pem());
    const temporary_file credentials("user:secret");
    called_service rooms(
        {"BW_ACCOUNT_ID=" + behind->account(), "BANDWIDTH_WEBRTC_CALL_CONTROL_URL=" + behind->base_url()},
        {"--ca-file", ca_file.path(), "--credentials", credentials.path()});
    CHECK(rooms.says("connection opened")); // though no request has come
    auto ready = rooms.call(http::verb::get, "/readyz");
    CHECK(ready.result_int() == 200);
    CHECK(ready.body() == "{\"status\":\"ready\"}\n");

    const auto port = behind->port();
    behind.reset();
    CHECK(rooms.says("cannot connect"));
    ready = rooms.call(http::verb::get, "/readyz");
    CHECK(ready.result_int() == 503);
    CHECK(ready.body() == "{\"status\":\"no_connection\"}\n");
    CHECK(rooms.call(http::verb::get, "/healthz").result_int() == 200);

    behind.emplace(testing::loopback_options{}.server_certificate(shown).port(port));
    CHECK(rooms.says("connection opened", 2)); // by itself
    CHECK(rooms.call(http::verb::get, "/readyz").result_int() == 200);
    rooms.signal(SIGTERM);
    CHECK(rooms.wait() == 0);
}

TEST_CASE("session_service is not ready for a while when calls fail") {
    service behind;
    called_service rooms(behind.environment());
    CHECK(rooms.says("connection opened"));
    behind.server().inject(testing::fault{}.on("GET").always().respond(500));
    for (int i = 0; i < 3; ++i) // of two calls each
        CHECK(rooms.call(http::verb::get, "/rooms/1").result_int() == 502);
    const auto ready = rooms.call(http::verb::get, "/readyz");
    CHECK(ready.result_int() == 503);
    CHECK(ready.body() == "{\"status\":\"calls_fail\"}\n");
    behind.server().clear_faults();
    CHECK(rooms.call(http::verb::post, "/rooms", nobody_in_it).result_int() == 201);
    CHECK(rooms.call(http::verb::get, "/readyz").result_int() == 200);
}

TEST_CASE("session_service says that it will stop before it does") {
    service behind;
    called_service rooms(behind.environment(), {"--notice", "3600000"});
    CHECK(rooms.call(http::verb::get, "/healthz").keep_alive());
    rooms.signal(SIGTERM);
    rooms.line("stopping");
    const auto ready = rooms.call(http::verb::get, "/readyz");
    CHECK(ready.result_int() == 503);
    CHECK(ready.body() == "{\"status\":\"draining\"}\n");
    CHECK_FALSE(ready.keep_alive());
    // Those who have not noticed are served.
    CHECK(caller(rooms.port()).call(http::verb::post, "/rooms", two_people).result_int() == 201);
    rooms.signal(SIGTERM); // at once
    CHECK(rooms.wait() == 1000 + SIGTERM);
}

TEST_CASE("session_service stops under load and loses no request") {
    service behind(testing::loopback_options{}.delay(20ms));
    session_service rooms(behind.environment(), {"--notice", "500"});
    load calls(rooms.port());
    CHECK(rooms.says(request_line, 20));
    rooms.signal(SIGTERM);
    CHECK(rooms.wait() == 0);
    CHECK(rooms.text().find("requests are cut off") == std::string::npos);
    CHECK(calls.end() == behind.server().session_count());
}

TEST_CASE("session_service stops under load without notice, and what it has begun it ends") {
    service behind(testing::loopback_options{}.delay(20ms));
    session_service rooms(behind.environment());
    load calls(rooms.port());
    CHECK(rooms.says(request_line, 20));
    rooms.signal(SIGTERM);
    CHECK(rooms.wait() == 0);
    CHECK(calls.end() == behind.server().session_count());
}

TEST_CASE("session_service cuts off what is not finished within the time of grace") {
    std::promise<void> arrived;
    bool told = false;
    const auto note = [&](std::string_view method, std::string_view, int) {
        if (method == "GET" && !std::exchange(told, true))
            arrived.set_value();
    };
    service behind(testing::loopback_options{}.on_response(note));
    called_service rooms(behind.environment(), {"--grace", "100", "--timeout", "3600000"});
    const auto made = rooms.call(http::verb::post, "/rooms", nobody_in_it);
    behind.server().inject(testing::fault{}.on("GET").always().delay(1h));
    rooms.send(http::verb::get, std::string(made[http::field::location]));
    arrived.get_future().wait();
    rooms.signal(SIGTERM);
    const auto response = rooms.receive();
    CHECK(response.result_int() == 503);
    CHECK(rooms.wait() == 1);
    CHECK(rooms.text().find("requests are cut off") != std::string::npos);
}

TEST_CASE("session_service changes its credentials under load, and no call fails") {
    service behind(support::recording());
    const auto token = fetch_token(behind.server());
    temporary_file credentials(token + '\n');
    auto environment = behind.environment();
    session_service rooms(environment, {"--credentials", credentials.path()});
    load calls(rooms.port());
    CHECK(rooms.says(request_line, 20));

    credentials.write("user:secret\n");
    rooms.signal(SIGHUP);
    CHECK(rooms.says("were read again"));
    CHECK(more_lines(rooms, 20)); // those with the old ones have ended
    behind.server().revoke_tokens();
    CHECK(more_lines(rooms, 20));

    credentials.write("\n"); // cannot be used, so it is not
    rooms.signal(SIGHUP);
    CHECK(rooms.says("not read again"));
    CHECK(more_lines(rooms, 20));
    calls.end();
    rooms.signal(SIGTERM);
    CHECK(rooms.wait() == 0);
    CHECK(rooms.text().find("call failed") == std::string::npos);
    CHECK(rooms.text().find(token) == std::string::npos);
    std::set<std::string> schemes;
    for (const auto& each : behind.server().received())
        schemes.insert(std::string(each.header("Authorization").substr(0, 6)));
    CHECK(schemes.count("Bearer") == 1);
    CHECK(schemes.count("Basic ") == 1);
}

TEST_CASE("session_service changes the authorities that it trusts under load, and no call fails") {
    testing::certificate_authority old_authority;
    testing::certificate_authority new_authority;
    const auto host = testing::certificate_options{}.dns_name("localhost").ip_address("127.0.0.1");
    std::optional<testing::loopback_server> behind(
        std::in_place, testing::loopback_options{}.server_certificate(old_authority.issue(host)));
    temporary_file ca_file(old_authority.pem());
    const temporary_file credentials("user:secret");
    session_service rooms(
        {"BW_ACCOUNT_ID=" + behind->account(), "BANDWIDTH_WEBRTC_CALL_CONTROL_URL=" + behind->base_url()},
        {"--ca-file", ca_file.path(), "--credentials", credentials.path()});
    load calls(rooms.port());
    CHECK(rooms.says(request_line, 20));
    ca_file.write(old_authority.pem() + new_authority.pem());
    rooms.signal(SIGHUP);
    CHECK(rooms.says("were read again"));
    CHECK(rooms.says(R"("reason":"drained")")); // new connections take the place of the old ones
    ca_file.write("no certificate");
    rooms.signal(SIGHUP);
    CHECK(rooms.says("not read again"));
    calls.end();
    CHECK(rooms.text().find("call failed") == std::string::npos);

    const auto port = behind->port();
    behind.reset();
    CHECK(rooms.says("cannot connect"));
    const auto opened = count_of(rooms.text(), "connection opened");
    behind.emplace(testing::loopback_options{}.server_certificate(new_authority.issue(host)).port(port));
    CHECK(rooms.says("connection opened", opened + 1));
    CHECK(caller(rooms.port()).call(http::verb::post, "/rooms", two_people).result_int() == 201);
    rooms.signal(SIGTERM);
    CHECK(rooms.wait() == 0);
}

TEST_CASE("session_service goes on with its caller's trace, and its log names it") {
    service behind(support::recording());
    called_service rooms(behind.environment(), {"--log-level", "debug"});
    CHECK(rooms.call(http::verb::post, "/rooms?secret=1", two_people, traceparent).result_int() == 201);
    CHECK(rooms.call(http::verb::get, "/rooms/absent").result_int() == 404);
    rooms.signal(SIGTERM);
    CHECK(rooms.wait() == 0);

    std::set<std::string> spans;
    const auto received = behind.server().received();
    REQUIRE(received.size() == 7); // a session, two participants who join it; two reads
    for (std::size_t i = 0; i < received.size(); ++i) {
        const auto sent = webrtc::trace_context::parse(received[i].header("traceparent"));
        REQUIRE(sent.has_value());
        CHECK((sent->trace_id_text() == trace_id) == (i < 5));
        CHECK(received[i].header("tracestate") == (i < 5 ? "vendor=1" : ""));
        CHECK(received[i].header("baggage").empty());
        spans.insert(sent->span_id_text());
    }
    CHECK(spans.size() == 7);
    CHECK(spans.count("b7ad6b7169203331") == 0);

    std::set<std::int64_t> calls;
    std::size_t requests = 0;
    for (const auto& line : lines_of(rooms.text())) {
        CHECK(line.at("time").as_string().ends_with("Z"));
        CHECK_FALSE(line.at("level").as_string().empty());
        const auto& message = line.at("message").as_string();
        const bool of_trace = line.contains("trace_id") && line.at("trace_id").as_string() == trace_id;
        if (message == "call ended" && of_trace) {
            calls.insert(line.at("call").to_number<std::int64_t>());
            CHECK_FALSE(line.at("operation").as_string().empty());
        } else if (message == "request" && of_trace) {
            ++requests;
            CHECK(line.at("status").as_int64() == 201);
            CHECK(line.at("path").as_string() == "/rooms");
        }
    }
    CHECK(calls.size() == 5);
    CHECK(requests == 1);
    CHECK(rooms.text().find("secret") == std::string::npos);
}

TEST_CASE("session_service has a page for Prometheus") {
    called_service rooms;
    CHECK(rooms.call(http::verb::post, "/rooms", two_people).result_int() == 201);
    const auto response = rooms.call(http::verb::get, "/metrics");
    if (response.result_int() == 404) {
        MESSAGE("SKIPPED: built without prometheus-cpp");
        return;
    }
    CHECK(response.result_int() == 200);
    CHECK(response[http::field::content_type].starts_with("text/plain; version=0.0.4"));
    std::set<std::string> names;
    std::istringstream page(response.body());
    std::size_t buckets = 0;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with('#'))
            continue;
        const auto space = line.rfind(' ');
        REQUIRE(space != std::string::npos);
        CHECK_NOTHROW(std::stod(line.substr(space + 1)));
        names.insert(line.substr(0, line.find_first_of("{ ")));
        buckets += line.starts_with("http_client_request_duration_seconds_bucket") &&
                   line.find(R"(url_template="/accounts/{accountId}/sessions")") != std::string::npos;
    }
    CHECK(buckets == 15); // OpenTelemetry's 14, and infinity
    CHECK(names.count("http_client_open_connections") == 1);
    CHECK(names.count("http_client_active_requests") == 1);
    CHECK(names.count("bandwidth_webrtc_client_calls_total") == 1);
}
