// The example event_service, with the emulated service that posts to it, and with others.
#include <doctest/doctest.h>

#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <csignal>
#include <string>
#include <utility>

#include "support/child_process.hpp"
#include "support/raw_tls_client.hpp"

namespace event_service_test {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace testing = bandwidth::webrtc::testing;

// event_service, and its URL.
class event_service : public support::child_process {
public:
    event_service() : child_process({EVENT_SERVICE, "0"}) { url_ = line("listening on "); }

    const std::string& url() const { return url_; }
    unsigned short port() const {
        return static_cast<unsigned short>(std::stoi(url_.substr(url_.rfind(':') + 1)));
    }

private:
    std::string url_;
};

http::response<http::string_body> send(const event_service& events, http::verb method, std::string body) {
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), events.port()));
    http::request<http::string_body> request(method, "/events", 11, std::move(body));
    request.set(http::field::host, "127.0.0.1");
    request.prepare_payload();
    http::write(socket, request);
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(socket, buffer, response);
    return response;
}

} // namespace

TEST_CASE("event_service prints what the emulated service posts to it") {
    event_service events;
    testing::loopback_server server;
    support::raw_tls_client client(server.port(), server.ca_pem());
    const auto create = [&](const std::string& path, const std::string& body, const std::string& id_field) {
        const auto response = client.exchange(
            "POST " + path + " HTTP/1.1\r\nHost: h\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\n" +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        const auto start = response.body().find("\"" + id_field + "\":\"") + id_field.size() + 4;
        return response.body().substr(start, response.body().find('"', start) - start);
    };
    const bandwidth::webrtc::endpoint_id endpoint(create(
        "/v2/accounts/9900000/endpoints",
        R"({"type":"WEBRTC","direction":"INBOUND","tag":"t","eventCallbackUrl":")" + events.url() + "/a\"}",
        "endpointId"));
    const auto device = server.connect_device(endpoint);
    CHECK(events.line("DEVICE_CONNECTED ") == endpoint.value() + " device " + device.value() + " tag t");
    const bandwidth::webrtc::participant_id participant(
        create("/v1/accounts/9900000/participants", R"({"callbackUrl":")" + events.url() + "\"}", "id"));
    server.set_connected(participant);
    CHECK(events.line("onConnect ").starts_with(participant.value() + " device "));
    events.signal(SIGTERM);
    CHECK(events.wait() == 0);
}

TEST_CASE("event_service takes what is an event, and refuses what is none") {
    event_service events;
    CHECK(send(events, http::verb::post, R"({"event":"some\u001bthing","x":1})").result_int() == 204);
    CHECK(events.line("some?thing") == " (unknown)");
    // U+009B is CSI in one character. U+00A0 and U+00DB are no control characters, though C2 and 9B are in them.
    CHECK(send(events, http::verb::post, R"({"event":"shown \u007f\u0080x\u009b2J\u009f\u00a0\u00db","x":1})")
              .result_int() == 204);
    CHECK(events.line("shown ") == "??x?2J?\xc2\xa0\xc3\x9b (unknown)");
    const auto refused = send(events, http::verb::post, "nonsense");
    CHECK(refused.result_int() == 400);
    CHECK(refused.body().size() > 1);
    CHECK(send(events, http::verb::post, std::string(65 * 1024, ' ')).result_int() == 413);
    const auto got = send(events, http::verb::get, "");
    CHECK(got.result_int() == 405);
    CHECK(got[http::field::allow] == "POST");
    events.signal(SIGINT);
    CHECK(events.wait() == 0);
}

TEST_CASE("event_service says how it is called, and that its port is taken") {
    support::child_process wrong({EVENT_SERVICE, "x"});
    CHECK(wrong.wait() == 2);
    const event_service events;
    support::child_process second({EVENT_SERVICE, std::to_string(events.port())});
    CHECK(second.wait() == 1);
}

} // namespace event_service_test
