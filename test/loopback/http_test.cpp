#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "loopback/http_fixture.hpp"
#include "support/raw_tls_client.hpp"

using namespace bandwidth::webrtc::testing;
using namespace std::chrono_literals;
using loopback_test::request;
using support::connection_end;
using support::raw_tls_client;
namespace json = boost::json;
namespace http = boost::beast::http;

namespace {

std::string id_of(const http::response<http::string_body>& response) {
    return std::string(json::parse(response.body()).at("id").as_string().c_str());
}

/// What the server responds to bytes that end the connection: the one response, and how the connection ended.
http::response<http::string_body> refusal(const loopback_server& server, const std::string& bytes) {
    raw_tls_client client(server.port(), server.ca_pem());
    client.send(bytes);
    auto response = client.read_response();
    CHECK(response[http::field::connection] == "close");
    CHECK(client.read_to_end() == connection_end::close_notify);
    CHECK(client.unread().empty());
    return response;
}

} // namespace

TEST_CASE("a session lives from POST to DELETE over one connection") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    const auto created = client.exchange(request("POST", "/sessions", R"({"tag":"t"})"));
    CHECK(created.result_int() == 200);
    CHECK(created[http::field::content_type] == "application/json");
    CHECK(created["x-amzn-requestid"].size() == 36);
    const auto path = "/sessions/" + id_of(created);
    const auto read = client.exchange(request("GET", path));
    CHECK(read.result_int() == 200);
    CHECK(read.body() == created.body());
    CHECK(read["x-amzn-requestid"] != created["x-amzn-requestid"]);
    CHECK(server.session_count() == 1);
    CHECK(client.exchange(request("DELETE", path)).result_int() == 204);
    CHECK(server.session_count() == 0);

    const auto gone = client.exchange(request("GET", path));
    CHECK(gone.result_int() == 404);
    CHECK(json::parse(gone.body()).at("requestId").as_string() == std::string(gone["x-amzn-requestid"]));

    const auto seen = server.stats();
    CHECK(seen.connections_accepted == 1);
    CHECK(seen.connections_open == 1);
    CHECK(seen.requests_post == 1);
    CHECK(seen.requests_get == 2);
    CHECK(seen.requests_delete == 1);
    CHECK(seen.requests() == 4);
    CHECK(seen.responses_2xx == 3);
    CHECK(seen.responses_4xx == 1);
    CHECK(seen.max_pipelined == 1);
    CHECK(seen.bytes_received > 0);
    CHECK(seen.bytes_sent > 0);
}

TEST_CASE("the server says where it is and who may come in") {
    const loopback_server server(loopback_options{}.account("77").credentials("me", "pw"));
    CHECK(server.base_url() == "https://localhost:" + std::to_string(server.port()) + "/v1");
    CHECK(server.account() == "77");
    CHECK(server.username() == "me");
    CHECK(server.password() == "pw");
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(request("POST", "/sessions")).result_int() == 401);
    const auto good =
        "POST /v1/accounts/77/sessions HTTP/1.1\r\nHost: h\r\nAuthorization: Basic bWU6cHc=\r\n\r\n";
    CHECK(client.exchange(good).result_int() == 200);
}

TEST_CASE("a hundred requests in one write are answered in order, in one go") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    std::string creations;
    for (int i = 0; i < 100; ++i)
        creations += request("POST", "/sessions", R"({"tag":")" + std::to_string(i) + "\"}");
    client.send(creations);
    std::vector<std::string> ids;
    for (int i = 0; i < 100; ++i) {
        const auto created = client.read_response();
        CHECK(json::parse(created.body()).at("tag") == json::string(std::to_string(i)));
        ids.push_back(id_of(created));
    }
    std::string reads;
    for (const auto& id : ids)
        reads += request("GET", "/sessions/" + id);
    client.send(reads);
    for (const auto& id : ids)
        CHECK(id_of(client.read_response()) == id);
    CHECK(server.stats().max_pipelined > 10); // one record holds some 150 of them
    CHECK(server.stats().requests_get == 100);
}

TEST_CASE("requests may come byte by byte") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    for (const char byte : request("POST", "/sessions", "{}"))
        client.send(std::string_view(&byte, 1));
    CHECK(client.read_response().result_int() == 200);
}

TEST_CASE("Connection: close is honoured, and requests behind it are not carried out") {
    const loopback_server server(loopback_options{}.record_requests(true));
    raw_tls_client client(server.port(), server.ca_pem());
    client.send(request("POST", "/sessions", "{}", "Connection: close\r\n") + request("POST", "/sessions"));
    const auto response = client.read_response();
    CHECK(response.result_int() == 200);
    CHECK(response[http::field::connection] == "close");
    CHECK(client.read_to_end() == connection_end::close_notify);
    CHECK(client.unread().empty());
    CHECK(server.session_count() == 1);
    CHECK(server.received().size() == 1);
}

TEST_CASE("HTTP/1.0 is answered, and closed unless the client asks to keep it alive") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    const std::string head =
        "POST /v1/accounts/9900000/sessions HTTP/1.0\r\n" + std::string(loopback_test::authorization);
    const auto kept = client.exchange(head + "Connection: keep-alive\r\n\r\n");
    CHECK(kept.result_int() == 200);
    CHECK(kept[http::field::connection] == "keep-alive");
    const auto closed = client.exchange(head + "\r\n");
    CHECK(closed.result_int() == 200);
    CHECK(closed[http::field::connection] == "close");
    CHECK(client.read_to_end() == connection_end::close_notify);
}

TEST_CASE("bodies may be chunked") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    const auto head = "POST /v1/accounts/9900000/sessions HTTP/1.1\r\nHost: h\r\n" +
                      std::string(loopback_test::authorization) + "Transfer-Encoding: chunked\r\n\r\n";
    const auto response =
        client.exchange(head + "4;ext=1\r\n{\"ta\r\n6\r\ng\":\"x\"\r\n1\r\n}\r\n0\r\nTrailer: 1\r\n\r\n");
    CHECK(response.result_int() == 200);
    CHECK(json::parse(response.body()).at("tag") == "x");
    CHECK(client.exchange(head + "0\r\n\r\n").result_int() == 200);
}

TEST_CASE("a client that expects 100-continue gets it before it sends the body") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    const std::string body = R"({"tag":"x"})";
    const auto whole = request("POST", "/sessions", body, "Expect: 100-continue\r\n");
    client.send(whole.substr(0, whole.size() - body.size()));
    CHECK(client.read_response().result_int() == 100);
    client.send(body);
    CHECK(client.read_response().result_int() == 200);
    CHECK(server.stats().max_pipelined == 1);
}

TEST_CASE("the response to HEAD has no body") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    client.send(request("HEAD", "/sessions/x") + request("GET", "/sessions/x"));
    const auto head = client.read_response(http::verb::head);
    CHECK(head.result_int() == 403); // no such method on that path
    CHECK(head[http::field::content_length] != "0");
    CHECK(client.read_response().result_int() == 404);
}

TEST_CASE("error responses leave the connection usable") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(request("POST", "/sessions", "{")).result_int() == 400);
    CHECK(client.exchange("GET /v1/accounts/9900000/sessions/x HTTP/1.1\r\nHost: h\r\n\r\n").result_int() ==
          401);
    CHECK(client.exchange(request("GET", "/nowhere")).result_int() == 403);
    CHECK(client.exchange(request("GET", "/sessions/x")).result_int() == 404);
    CHECK(client.exchange(request("POST", "/sessions")).result_int() == 200);
    CHECK(server.stats().connections_accepted == 1);
}

TEST_CASE("malformed requests get 400 and the connection ends") {
    const loopback_server server;
    const std::string head = "POST /v1/accounts/9900000/sessions HTTP/1.1\r\nHost: h\r\n";
    for (const auto& bytes : std::vector<std::string>{
             "this is no HTTP at all\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
             "GET /" + std::string(20000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n",
             head + "X: " + std::string(20000, 'a') + "\r\n\r\n",
             head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
             head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"}) {
        CAPTURE(bytes.substr(0, 100));
        const auto response = refusal(server, bytes);
        CHECK(response.result_int() == 400);
        CHECK(json::parse(response.body()).at("error") == "Malformed request");
    }
    CHECK(server.session_count() == 0);
}

TEST_CASE("a body beyond 1 MiB gets 413 and the connection ends") {
    const loopback_server server;
    const auto response = refusal(server, request("POST", "/sessions", std::string(1024 * 1024 + 1, ' ')));
    CHECK(response.result_int() == 413);
    CHECK(json::parse(response.body()).at("requestId").as_string().size() == 36);
    CHECK(server.session_count() == 0);

    raw_tls_client client(server.port(), server.ca_pem());
    CHECK(client.exchange(request("POST", "/sessions", std::string(1024 * 1024, ' '))).result_int() == 200);
}

TEST_CASE("responses come before the refusal of what stands behind them") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    client.send(request("POST", "/sessions") + "garbage\r\n\r\n" + request("POST", "/sessions"));
    CHECK(client.read_response().result_int() == 200);
    CHECK(client.read_response().result_int() == 400);
    CHECK(client.read_to_end() == connection_end::close_notify);
    CHECK(server.session_count() == 1);
}

TEST_CASE("a delay holds every response back, but those in the pipeline wait together") {
    const loopback_server server(loopback_options{}.delay(60ms));
    raw_tls_client client(server.port(), server.ca_pem());
    std::string all;
    for (int i = 0; i < 50; ++i)
        all += request("POST", "/sessions", R"({"tag":")" + std::to_string(i) + "\"}");
    const auto start = std::chrono::steady_clock::now();
    client.send(all);
    for (int i = 0; i < 50; ++i) {
        CHECK(json::parse(client.read_response().body()).at("tag") == json::string(std::to_string(i)));
        CHECK(std::chrono::steady_clock::now() - start >= 60ms);
    }
    CHECK(server.stats().max_pipelined == 50); // they waited together
}

TEST_CASE("a delayed response still comes when the client has ended its side") {
    const loopback_server server(loopback_options{}.delay(20ms));
    raw_tls_client client(server.port(), server.ca_pem());
    client.send(request("POST", "/sessions") + request("POST", "/sessions"));
    client.end_sending();
    CHECK(client.read_response().result_int() == 200);
    CHECK(client.read_response().result_int() == 200);
    CHECK(client.read_to_end() == connection_end::close_notify);
}

TEST_CASE("a limit of requests per connection shows as Connection: close on the last response") {
    const loopback_server server(loopback_options{}.requests_per_connection(3));
    raw_tls_client client(server.port(), server.ca_pem());
    std::string all;
    for (int i = 0; i < 5; ++i)
        all += request("POST", "/sessions");
    client.send(all);
    CHECK(client.read_response()[http::field::connection].empty());
    CHECK(client.read_response()[http::field::connection].empty());
    CHECK(client.read_response()[http::field::connection] == "close");
    CHECK(client.read_to_end() == connection_end::close_notify);
    CHECK(server.session_count() == 3);
}

TEST_CASE("received requests can be looked at") {
    const loopback_server server(loopback_options{}.record_requests(true));
    raw_tls_client first(server.port(), server.ca_pem());
    first.exchange(request("POST", "/sessions", R"({"tag":"x"})", "X-Nonce: 7\r\n"));
    raw_tls_client second(server.port(), server.ca_pem());
    second.exchange(request("GET", "/sessions/a%20b"));
    const auto received = server.received();
    REQUIRE(received.size() == 2);
    CHECK(received[0].connection() == 0);
    CHECK(received[0].method() == "POST");
    CHECK(received[0].target() == "/v1/accounts/9900000/sessions");
    CHECK(received[0].header("x-nonce") == "7");
    CHECK(received[0].header("absent").empty());
    CHECK(received[0].body() == R"({"tag":"x"})");
    CHECK(received[1].connection() == 1);
    CHECK(received[1].method() == "GET");
    CHECK(received[1].target() == "/v1/accounts/9900000/sessions/a%20b");
}

TEST_CASE("nothing is recorded unless it is asked for") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    client.exchange(request("POST", "/sessions"));
    CHECK(server.received().empty());
}

TEST_CASE("every response can be watched") {
    std::vector<std::string> lines;
    {
        const loopback_server server(loopback_options{}.on_response(
            [&lines](std::string_view method, std::string_view target, int status) {
                lines.push_back(std::string(method) + " " + std::string(target) + " " +
                                std::to_string(status));
            }));
        raw_tls_client client(server.port(), server.ca_pem());
        client.exchange(request("POST", "/participants"));
        client.exchange(request("GET", "/sessions/x"));
    }
    CHECK(lines == std::vector<std::string>{"POST /v1/accounts/9900000/participants 200",
                                            "GET /v1/accounts/9900000/sessions/x 404"});
}

TEST_CASE("a client that does not read its responses is not read from either") {
    const loopback_server server;
    raw_tls_client client(server.port(), server.ca_pem());
    constexpr std::uint64_t count = 200000;
    std::string requests;
    for (std::uint64_t i = 0; i < count; ++i)
        requests += request("GET", "/sessions/x");
    CHECK_FALSE(client.send_within(requests, 300ms)); // 25 MB, for which 50 MB of responses would come
    CHECK(server.stats().requests_get < count);
    for (std::uint64_t i = 0; i < count; ++i)
        REQUIRE(client.read_response().result_int() == 404);
    CHECK(server.stats().requests_get == count);
}
