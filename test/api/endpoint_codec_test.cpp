#include <doctest/doctest.h>

#include <bandwidth/webrtc/brtc/endpoint_page.hpp>
#include <chrono>
#include <string>

#include "api/decoding.hpp"

using namespace bandwidth::webrtc;
using namespace std::chrono_literals;
using brtc::connection_status;

namespace {

std::string enveloped(const std::string& data) {
    return R"({"links":[],"data":)" + data + R"(,"errors":[]})";
}

brtc::endpoint endpoint_of(const std::string& data) { return decoded<brtc::endpoint>(enveloped(data)); }

std::string wrong_with_endpoint(const std::string& data) {
    return decode_problem<brtc::endpoint>(enveloped(data));
}

// OpenAPI: endpoint, with the examples of its fields.
const std::string full_endpoint =
    R"({"endpointId":"e-15ac29a2","type":"WEBRTC","status":"CONNECTED",)"
    R"("creationTimestamp":"2021-01-01T00:00:00Z","expirationTimestamp":"2021-01-02T00:00:00.5+01:00",)"
    R"("tag":"my-tag","devices":[{"deviceId":"d-15ac29a2","deviceName":"David's iPhone","status":"DISCONNECTED",)"
    R"("creationTimestamp":"2021-01-01T00:00:01Z"},{}]})";

// OpenAPI: listEndpointsResponseExample.
const std::string list_example =
    R"({"links":[{"href":"https://api.bandwidth.com/v2/accounts/5500123/endpoints?type=SIP&status=CONNECTED&limit=2",)"
    R"("rel":"self","method":"GET"},{"href":"https://api.bandwidth.com/v2/accounts/5500123/endpoints?type=SIP)"
    R"(&status=CONNECTED&limit=2&afterCursor=TWF5IHRoZSBmb3JjZSBiZSB3aXRoIHlvdQ==","rel":"next","method":"GET"}],)"
    R"("page":{"pageSize":2,"totalElements":10,"totalPages":5,"pageNumber":0},"data":[)"
    R"({"endpointId":"e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85","type":"WEBRTC","status":"CONNECTED",)"
    R"("creationTimestamp":"2021-01-01T00:00:00Z","expirationTimestamp":"2021-01-02T00:00:00Z","tag":"my-tag"},)"
    R"({"endpointId":"e-2cb0-4a07-b215-b22865662d85-15ac29a2-1331029c","type":"WEBRTC","status":"CONNECTED",)"
    R"("creationTimestamp":"2021-01-01T00:00:00Z","expirationTimestamp":"2021-01-02T00:00:00Z","tag":"my-tag"}],)"
    R"("errors":[]})";

} // namespace

TEST_CASE("an endpoint with its devices is read") {
    using namespace std::chrono;
    const auto read = endpoint_of(full_endpoint);
    CHECK(read.id() == endpoint_id("e-15ac29a2"));
    CHECK(read.type() == brtc::endpoint_type::webrtc);
    CHECK(read.status() == connection_status::connected);
    CHECK(read.created_at() == sys_days(2021y / 1 / 1));
    CHECK(read.expires_at() == sys_days(2021y / 1 / 1) + 23h + 500ms);
    CHECK(read.tag() == "my-tag");
    CHECK(read.direction() == std::nullopt);
    REQUIRE(read.devices().size() == 2);
    CHECK(read.devices()[0] == brtc::device()
                                   .id(device_id("d-15ac29a2"))
                                   .name("David's iPhone")
                                   .status(connection_status::disconnected)
                                   .created_at(sys_days(2021y / 1 / 1) + 1s));
    CHECK(read.devices()[1] == brtc::device());
    CHECK(read.extra().empty());
}

TEST_CASE("an endpoint with nothing but an id is read") {
    const auto read = endpoint_of(R"({"endpointId":"e"})");
    CHECK(read == brtc::endpoint().id(endpoint_id("e")));
    CHECK(read.status().value() == connection_status::unknown);
    CHECK(read ==
          endpoint_of(R"({"endpointId":"e","type":null,"status":null,"creationTimestamp":null,"tag":null,)"
                      R"("expirationTimestamp":null,"devices":null,"direction":null})"));
}

TEST_CASE("what is unknown of an endpoint is kept") {
    const auto read = endpoint_of(
        R"({"endpointId":"e","type":"SIP","status":"connected","direction":"SIDEWAYS","creationTimestamp":1e3,)"
        R"("expirationTimestamp":86400000,"color":["red"],"devices":[{"status":"BUSY","creationTimestamp":"then",)"
        R"("x":1}]})");
    CHECK(read.type().value() == brtc::endpoint_type::unknown);
    CHECK(read.type().text() == "SIP");
    CHECK(read.status() == connection_status::connected); // in any case
    CHECK(read.direction()->text() == "SIDEWAYS");
    CHECK(read.created_at() == std::nullopt);
    CHECK(read.expires_at() == brtc::timestamp(24h));
    CHECK(read.extra() == R"({"creationTimestamp":1e3,"color":["red"]})");
    CHECK(read.devices().at(0).status().text() == "BUSY");
    CHECK(read.devices()[0].extra() == R"({"creationTimestamp":"then","x":1})");
}

TEST_CASE("the response to creating an endpoint is read, token and all") {
    const auto read = decoded<brtc::created_endpoint>(
        enveloped(R"({"token":"xxxxx.yyyyy.zzzzz","endpointId":"e","status":"DISCONNECTED","x":null})"));
    CHECK(read.token().reveal() == "xxxxx.yyyyy.zzzzz");
    CHECK(
        read.endpoint() ==
        brtc::endpoint().id(endpoint_id("e")).status(connection_status::disconnected).extra(R"({"x":null})"));
    CHECK(decoded<brtc::created_endpoint>(enveloped(R"({"endpointId":"e"})")).token().empty());
    CHECK(brtc::created_endpoint()
              .endpoint(brtc::endpoint())
              .token(brtc::endpoint_token("t"))
              .token()
              .reveal() == "t");
}

TEST_CASE("the documented list of endpoints is read") {
    const auto read = decoded<brtc::endpoint_page>(list_example);
    REQUIRE(read.endpoints().size() == 2);
    CHECK(read.endpoints()[1].id() == endpoint_id("e-2cb0-4a07-b215-b22865662d85-15ac29a2-1331029c"));
    CHECK(read.next_cursor() == "TWF5IHRoZSBmb3JjZSBiZSB3aXRoIHlvdQ==");
    CHECK(read.page_size() == 2);
    CHECK(read.total_elements() == 10);
    CHECK(read.total_pages() == 5);
    CHECK(read.page_number() == 0);
    REQUIRE(read.links().size() == 2);
    CHECK(read.links()[0].rel() == "self");
    CHECK(read.links()[1].method() == "GET");
    CHECK(read.extra().empty());
}

TEST_CASE("J03: an empty list of endpoints is empty, null, or nothing at all") {
    CHECK(decoded<brtc::endpoint_page>("") == brtc::endpoint_page()); // 204
    CHECK(decoded<brtc::endpoint_page>(R"({"data":[]})") == brtc::endpoint_page());
    CHECK(decoded<brtc::endpoint_page>(R"({"links":null,"data":null,"errors":null,"page":null})") ==
          brtc::endpoint_page());
    CHECK(decoded<brtc::endpoint_page>(R"({"data":[],"meta":{"x":1},"page":{"pageSize":"7","more":[],)"
                                       R"("totalPages":-1,"totalElements":1.5}})") ==
          brtc::endpoint_page().page_size(7).extra(R"({"meta":{"x":1}})"));
}

TEST_CASE("J05: of an envelope's repeated members the last one wins") {
    CHECK(decoded<brtc::endpoint>(R"({"data":{"endpointId":"a","tag":"t"},"data":{"endpointId":"b"}})") ==
          brtc::endpoint().id(endpoint_id("b")));
    CHECK(decode_problem<brtc::endpoint>(R"({"data":{"endpointId":"a"},"data":null})") ==
          "endpoint: no data");
    CHECK(decoded<brtc::endpoint_page>(R"({"data":[{"endpointId":"a"}],"data":[]})").endpoints().empty());
}

TEST_CASE("a response that is no endpoint is an error that names what is wrong") {
    CHECK(decode_problem<brtc::endpoint>("{}") == "endpoint: no data");
    CHECK(decode_problem<brtc::created_endpoint>("{}") == "created endpoint: no data");
    CHECK(decode_problem<brtc::endpoint_page>("{}") == "endpoints: no data");
    CHECK(decode_problem<brtc::endpoint>("[]") == "endpoint: not an object");
    CHECK(decode_problem<brtc::endpoint>("") == "endpoint: not JSON at byte 0: incomplete JSON");
    CHECK(wrong_with_endpoint("[]") == "endpoint: data is not an object");
    CHECK(wrong_with_endpoint("{}") == "endpoint: no endpointId");
    CHECK(wrong_with_endpoint(R"({"endpointId":""})") == "endpoint: no endpointId");
    CHECK(wrong_with_endpoint(R"({"endpointId":7})") == "endpoint: endpointId is not a string");
    CHECK(wrong_with_endpoint(R"({"endpointId":"e","status":true})") == "endpoint: status is not a string");
    CHECK(wrong_with_endpoint(R"({"endpointId":"e","devices":{}})") == "endpoint: devices is not an array");
    CHECK(wrong_with_endpoint(R"({"endpointId":"e","devices":["d"]})") ==
          "endpoint: devices holds something else than objects");
    CHECK(decode_problem<brtc::created_endpoint>(enveloped(R"({"endpointId":"e","token":5})")) ==
          "created endpoint: token is not a string");
    CHECK(decode_problem<brtc::endpoint_page>(enveloped("{}")) == "endpoints: data is not an array");
    CHECK(decode_problem<brtc::endpoint_page>(enveloped("[{}]")) == "endpoints: no endpointId");
    CHECK(decode_problem<brtc::endpoint_page>(R"({"links":{},"data":[]})") ==
          "endpoints: links is not an array");
}

TEST_CASE(
    "errors in an envelope count where there is no data, whatever form they have, and no errors are none") {
    const std::string with_data = R"({"data":{"endpointId":"e"},"errors":)";
    const std::string without = R"({"data":null,"errors":)";
    for (const char* const errors :
         {R"([{"type":"t"}])", R"(["t"])", R"("t")", R"({"type":"t"})", "[[{\"x\":1}]]"}) {
        CHECK(decode_problem<brtc::endpoint>(without + errors + "}") == "endpoint: errors in place of data");
        CHECK(decode_problem<brtc::endpoint_page>(without + errors + "}") ==
              "endpoints: errors in place of data");
        CHECK(decoded<brtc::endpoint>(with_data + errors + "}").id() == endpoint_id("e"));
    }
    for (const char* const errors : {"[]", "null", "{}", "[{}]", R"("")"}) {
        CHECK(decode_problem<brtc::endpoint>(without + errors + "}") == "endpoint: no data");
        CHECK(decoded<brtc::endpoint>(with_data + errors + "}").id() == endpoint_id("e"));
        CHECK(decoded<brtc::endpoint_page>(without + errors + "}") == brtc::endpoint_page());
    }
    CHECK(
        decoded<brtc::endpoint_page>(R"({"errors":["t"],"data":[{"endpointId":"e"}]})").endpoints().size() ==
        1);
    CHECK(decode_problem<brtc::endpoint_page>(R"({"data":[],"errors":[{"type":"t"}]})") ==
          "endpoints: errors in place of data");
    CHECK(decode_problem<brtc::endpoint>(R"({"data":{},"errors":["t"]})") == "endpoint: no endpointId");
}

TEST_CASE("BXML that cannot be well-formed is refused") {
    const auto problem = [](std::string_view bxml) { return encode_problem(bxml); };
    for (const char* const fine :
         {"<Response/>", " \t\r\n<Response/>", "<?xml version=\"1.0\"?><a>\xC3\xA9\t</a>",
          "<a>\xEE\x80\x80\xEF\xBF\xBD\xF4\x8F\xBF\xBF</a>", "<"})
        CHECK(encoded(std::string_view(fine)) == fine);
    CHECK(problem("") == "bxml is empty");
    CHECK(problem("<a>\xC3</a>") == "bxml is not valid UTF-8");
    CHECK(problem("<a>\xED\xA0\x80</a>") == "bxml is not valid UTF-8"); // a surrogate
    for (const auto odd :
         {std::string_view("<a>\0</a>", 8), std::string_view("<a>\x1B</a>"), std::string_view("<a>\x0B</a>"),
          std::string_view("<a>\xEF\xBF\xBE</a>"), std::string_view("<a/>\xEF\xBF\xBF")})
        CHECK(problem(odd) == "bxml holds a character that XML does not have");
    for (const char* const start :
         {"Response", "{}", " ", " x<a/>", "\xEF\xBB\xBF<a/>", "&lt;a/>", "\xC2\xA0<a/>"})
        CHECK(problem(start) == "bxml does not begin with \"<\"");
}

TEST_CASE("a page whose link to the next one has no cursor is read") {
    const auto read = decoded<brtc::endpoint_page>(
        R"({"links":[{"rel":"next","href":"/e?limit=2"}],"data":[{"endpointId":"e"}]})");
    CHECK(read.endpoints().size() == 1);
    CHECK(read.next_cursor() == std::nullopt);
    CHECK(read.links().at(0).href() == "/e?limit=2");
}

TEST_CASE("a response of BRTC cut short anywhere is an error") {
    check_every_truncation<brtc::endpoint_page>(list_example);
    check_every_truncation<brtc::endpoint>(enveloped(full_endpoint));
    check_every_truncation<brtc::created_endpoint>(enveloped(full_endpoint));
}

TEST_CASE("an enumeration that cannot fail to be read") {
    using status = brtc::open_enum<connection_status>;
    CHECK(status("CONNECTED") == connection_status::connected);
    CHECK(status("Connected") == status(connection_status::connected));
    CHECK(status("CONNECTED").text() == "CONNECTED");
    CHECK(status("connected ") != connection_status::connected);
    CHECK(status("BUSY") != status("AWAY"));
    CHECK(status("BUSY") == status("BUSY"));
    CHECK(status("BUSY") != connection_status::unknown);
    CHECK(status() == connection_status::unknown);
    CHECK(status("").text().empty());
    CHECK(brtc::open_enum<brtc::endpoint_direction>("outbound") == brtc::endpoint_direction::outbound);
    CHECK(to_string(brtc::endpoint_direction::bidirectional) == "BIDIRECTIONAL");
    CHECK(to_string(static_cast<brtc::endpoint_type>(200)).empty());
}

TEST_CASE("an endpoint request sends what was set and nothing else") {
    CHECK(encoded(brtc::endpoint_request(brtc::endpoint_direction::inbound)) ==
          R"({"type":"WEBRTC","direction":"INBOUND"})");
    using direction = brtc::open_enum<brtc::endpoint_direction>;
    CHECK(encoded(brtc::endpoint_request(direction("SIDEWAYS"))
                      .type(brtc::open_enum<brtc::endpoint_type>("SIP"))
                      .tag(std::string(1024, 'x'))) ==
          R"({"type":"SIP","direction":"SIDEWAYS","tag":")" + std::string(1024, 'x') + "\"}");
    const auto all = brtc::endpoint_request(brtc::endpoint_direction::outbound)
                         .event_callback_url("a")
                         .event_fallback_url("b")
                         .tag("t");
    CHECK(all.direction() == brtc::endpoint_direction::outbound);
    CHECK(all.type() == brtc::endpoint_type::webrtc);
    CHECK(all.event_callback_url() == "a");
    CHECK(all.event_fallback_url() == "b");
    CHECK(all.tag() == "t");
}
