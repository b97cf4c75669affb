#include <bandwidth/webrtc/events.hpp>

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/random_numbers.hpp"
#include "support/text.hpp"

using namespace bandwidth::webrtc;

namespace {

event parsed(std::string_view body) {
    INFO("body: ", std::string(body));
    const auto read = parse_event(body);
    REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().message()));
    return *read;
}

/// Why a body is no event; empty when it is one.
std::string problem_of(std::string_view body) {
    const auto read = parse_event(body);
    if (read)
        return {};
    CHECK(read.error().code() == errc::bad_json);
    return read.error().message();
}

event_time at(long long milliseconds) { return event_time(std::chrono::milliseconds(milliseconds)); }

constexpr std::string_view on_leave = // dev.bandwidth.com/docs/webrtc/webhooks
    R"({"event":"onLeave","timestamp":"1628786234676","participantId":"473f6544-92f7-4d67-9e77-bf2533cfff6d",)"
    R"("deviceId":"be199214-1a03-402a-a7b6-d002470a0465","tag":"hello-world-phone"})";

constexpr std::string_view endpoint_connected = // dev.bandwidth.com/docs/brtc/webhooks
    R"({"accountId":"9903498","endpointId":"e-0a223cf4-04f4-48e7-a706-7e84995f071e","event":"endpointConnected",)"
    R"("deviceId":"d-61f77cc8-78fe-58ad-913e-d76fb41eaab1","timestamp":1771537419412,)"
    R"("tags":"{\"myTag\": \"myTagValue\"}"})";

constexpr std::string_view device_disconnected = // OpenAPI: endpointDisconnectedEventExample
    R"({"endpointId":"e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85","type":"WEBRTC","status":"DISCONNECTED",)"
    R"("creationTimestamp":"2021-01-01T00:00:00Z","expirationTimestamp":"2021-01-02T00:00:00Z",)"
    R"("eventTime":"2021-01-01T00:00:00Z","eventType":"DEVICE_DISCONNECTED","tag":"my-tag"})";

constexpr std::string_view device_connected = // OpenAPI: endpointEvent with the example of device
    R"({"endpointId":"e-15","type":"WEBRTC","status":"CONNECTED","creationTimestamp":"2021-01-01T00:00:00Z",)"
    R"("expirationTimestamp":"2021-01-02T00:00:00Z","tag":"my-tag","eventTime":"2021-01-01T00:00:01.5Z",)"
    R"("eventType":"DEVICE_CONNECTED","device":{"deviceId":"d-15","deviceName":"David's iPhone",)"
    R"("status":"CONNECTED","creationTimestamp":"2021-01-01T00:00:01Z"}})";

// The names of the fields are those that Bandwidth's sample server reads.
constexpr std::string_view outbound_connection_request =
    R"({"accountId":"55001234","endpointId":"e-1","event":"outboundConnectionRequest","deviceId":"d-1",)"
    R"("timestamp":1771537419412,"to":"+19195551234","toType":"PHONE_NUMBER","tags":""})";

constexpr std::string_view connect_completed =
    R"({"accountId":"55001234","endpointId":"e-1","event":"connectStatus","status":"COMPLETED",)"
    R"("timestamp":1771537419412,"callId":"c-1"})";

const std::vector<std::string_view>& event_samples() {
    static const std::vector<std::string_view> all{
        on_leave,         endpoint_connected,          device_disconnected,
        device_connected, outbound_connection_request, connect_completed};
    return all;
}

bool is_id(std::string_view field) { return field == "participantId" || field == "endpointId"; }
bool is_name(std::string_view field) { return field == "event" || field == "eventType"; }

/// The sample with another value for one of its fields; without the field when there is no value.
std::string changed(std::string_view posted, std::string_view field, const char* value) {
    boost::json::object fields =
        boost::json::parse(boost::json::string_view(posted.data(), posted.size())).as_object();
    const boost::json::string_view key(field.data(), field.size());
    if (value == nullptr)
        fields.erase(key);
    else
        fields[key] = boost::json::parse(value);
    return boost::json::serialize(fields);
}

/// The names of a posted's fields.
std::vector<std::string> fields_of(std::string_view posted) {
    std::vector<std::string> names;
    const boost::json::value fields =
        boost::json::parse(boost::json::string_view(posted.data(), posted.size()));
    for (const auto& field : fields.as_object())
        names.emplace_back(field.key());
    return names;
}

} // namespace

TEST_CASE("the documented event of a participant is read") {
    CHECK(parsed(on_leave) ==
          event()
              .kind(event_kind::participant_left)
              .name("onLeave")
              .time(at(1'628'786'234'676))
              .participant_id(participant_id("473f6544-92f7-4d67-9e77-bf2533cfff6d"))
              .device(event_device().id(device_id("be199214-1a03-402a-a7b6-d002470a0465")))
              .tag("hello-world-phone"));
    const auto kind_of = [](std::string name) {
        return parsed(R"({"participantId":"p","event":")" + name + "\"}").kind();
    };
    CHECK(kind_of("onConnect") == event_kind::participant_connected);
    CHECK(kind_of("onDisconnect") == event_kind::participant_disconnected);
    CHECK(kind_of("onLeave") == event_kind::participant_left);
}

TEST_CASE("the events of an endpoint are read as the documentation has them") {
    CHECK(parsed(endpoint_connected) ==
          event()
              .kind(event_kind::endpoint_connected)
              .name("endpointConnected")
              .time(at(1'771'537'419'412))
              .account("9903498")
              .endpoint_id(endpoint_id("e-0a223cf4-04f4-48e7-a706-7e84995f071e"))
              .device(event_device().id(device_id("d-61f77cc8-78fe-58ad-913e-d76fb41eaab1")))
              .tag(R"({"myTag": "myTagValue"})"));
    const auto kind_of = [](std::string name) {
        return parsed(R"({"endpointId":"e","event":")" + name + "\"}").kind();
    };
    CHECK(kind_of("endpointConnected") == event_kind::endpoint_connected);
    CHECK(kind_of("endpointDisconnected") == event_kind::endpoint_disconnected);
    CHECK(kind_of("endpointEligible") == event_kind::endpoint_eligible);
    CHECK(kind_of("endpointIneligible") == event_kind::endpoint_ineligible);
}

TEST_CASE("the events of an endpoint are read as the OpenAPI description has them") {
    const auto new_year = at(1'609'459'200'000);
    CHECK(parsed(device_disconnected) ==
          event()
              .kind(event_kind::endpoint_disconnected)
              .name("DEVICE_DISCONNECTED")
              .time(new_year)
              .endpoint_id(endpoint_id("e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85"))
              .tag("my-tag")
              .status("DISCONNECTED")
              .endpoint_type("WEBRTC")
              .created_at(new_year)
              .expires_at(new_year + std::chrono::hours(24)));
    CHECK(parsed(device_connected) == event()
                                          .kind(event_kind::endpoint_connected)
                                          .name("DEVICE_CONNECTED")
                                          .time(new_year + std::chrono::milliseconds(1500))
                                          .endpoint_id(endpoint_id("e-15"))
                                          .device(event_device()
                                                      .id(device_id("d-15"))
                                                      .name("David's iPhone")
                                                      .status("CONNECTED")
                                                      .created_at(new_year + std::chrono::seconds(1)))
                                          .tag("my-tag")
                                          .status("CONNECTED")
                                          .endpoint_type("WEBRTC")
                                          .created_at(new_year)
                                          .expires_at(new_year + std::chrono::hours(24)));
}

TEST_CASE("a device's wish to call is read") {
    CHECK(parsed(outbound_connection_request) == event()
                                                     .kind(event_kind::outbound_connection_request)
                                                     .name("outboundConnectionRequest")
                                                     .time(at(1'771'537'419'412))
                                                     .account("55001234")
                                                     .endpoint_id(endpoint_id("e-1"))
                                                     .device(event_device().id(device_id("d-1")))
                                                     .tag("")
                                                     .to("+19195551234")
                                                     .to_type("PHONE_NUMBER"));
}

TEST_CASE("the status of a connect is read") {
    const auto completed = parsed(connect_completed);
    CHECK(completed.kind() == event_kind::connect_status);
    CHECK(completed.connect_status() == connect_status::completed);
    CHECK(completed.status() == "COMPLETED");
    CHECK(completed.endpoint_id() == endpoint_id("e-1"));
    CHECK(completed.extra() == R"({"callId":"c-1"})");
    const auto status_of = [](std::string status) {
        return parsed(R"({"event":"connectStatus","status":")" + status + "\"}").connect_status();
    };
    CHECK(status_of("INITIATED") == connect_status::initiated);
    CHECK(status_of("COMPLETED") == connect_status::completed);
    CHECK(status_of("TIMED_OUT") == connect_status::timed_out);
    CHECK(status_of("DENIED") == connect_status::denied);
    CHECK(status_of("CANCELED") == connect_status::canceled);
    CHECK(status_of("FAILED") == connect_status::failed);
    CHECK(status_of("completed") == connect_status::completed);
    CHECK(status_of("ON_HOLD") == connect_status::unknown);
    CHECK(parsed(R"({"event":"connectStatus"})").connect_status() == connect_status::unknown);
    CHECK(parsed(R"({"event":"x","status":"COMPLETED"})").connect_status() == connect_status::unknown);
}

TEST_CASE("unknown events and fields are kept") {
    const auto voice =
        parsed(R"({"eventType":"initiate","callId":"c-1","from":"+1","to":"+2","x":{"y":[1,null]}})");
    CHECK(voice.kind() == event_kind::unknown);
    CHECK(voice.name() == "initiate");
    CHECK(voice.to() == "+2");
    CHECK(voice.extra() == R"({"callId":"c-1","from":"+1","x":{"y":[1,null]}})");
    const auto read =
        parsed(R"({"event":"endpointIneligible","endpointId":"e","errorId":7,"errorMessage":"no audio"})");
    CHECK(read.extra() == R"({"errorId":7,"errorMessage":"no audio"})");
    const auto device = parsed(R"({"event":"x","device":{"deviceId":"d","os":"iOS"},"device2":{}})").device();
    CHECK(device == event_device().id(device_id("d")).extra(R"({"os":"iOS"})"));
}

TEST_CASE("a known field in an unknown form is kept, and the event is read") {
    const auto read = parsed(
        R"({"event":"onLeave","participantId":"p","timestamp":"yesterday","tag":["a"],"deviceId":true,)"
        R"("accountId":{"id":1},"device":[1],"status":false ,"expirationTimestamp":1e300})");
    CHECK(read.kind() == event_kind::participant_left);
    CHECK_FALSE(read.time());
    CHECK_FALSE(read.tag());
    CHECK_FALSE(read.account());
    CHECK(read.device() == event_device());
    CHECK(read.extra() == R"({"timestamp":"yesterday","tag":["a"],"deviceId":true,"accountId":{"id":1},)"
                          R"("device":[1],"status":false,"expirationTimestamp":1e300})");
    CHECK(parsed(R"({"event":"x","device":"d-1"})").extra() == R"({"device":"d-1"})");
    CHECK(parsed(R"({"event":"x","device":{"deviceId":true,"creationTimestamp":""}})").device().extra() ==
          R"({"deviceId":true,"creationTimestamp":""})");
}

TEST_CASE("numbers and texts are read for each other") {
    const auto read = parsed(R"({"event":"x","accountId":9903498,"timestamp":"2021-01-01T01:00:00+01:00",)"
                             R"("creationTimestamp":1609459200000,"tag":-0.50})");
    CHECK(read.account() == "9903498");
    CHECK(read.time() == at(1'609'459'200'000));
    CHECK(read.created_at() == read.time());
    CHECK(read.tag() == "-0.50");
    CHECK(parsed(R"({"event":"x","timestamp":1628786234676.0})").time() == at(1'628'786'234'676));
}

TEST_CASE("where both shapes come together, the documentation's wins") {
    const auto read = parsed(
        R"({"eventType":"DEVICE_CONNECTED","event":"endpointEligible","endpointId":"e","eventTime":2,"timestamp":1,)"
        R"("tags":"b","tag":"a","deviceId":"d1","device":{"deviceId":"d2"}})");
    CHECK(read.kind() == event_kind::endpoint_eligible);
    CHECK(read.time() == at(1));
    CHECK(read.tag() == "a");
    CHECK(read.device().id() == device_id("d2"));
    CHECK(parsed(R"({"event":null,"eventType":"onConnect","participantId":"p"})").name() == "onConnect");
    CHECK(parsed(R"({"event":"x","deviceId":"d1","device":null})").device().id() == device_id("d1"));
    CHECK(parsed(R"({"event":"x","deviceId":"d1","device":{"deviceName":"n"}})").device() ==
          event_device().id(device_id("d1")).name("n"));
    CHECK(parsed(R"({"event":"a","event":"b"})").name() == "b");
}

TEST_CASE("a body that is no event is a failure that tells what is wrong and nothing of the body") {
    CHECK(problem_of("") == "event: not JSON at byte 0: incomplete JSON");
    CHECK(problem_of("null") == "event: not an object");
    CHECK(problem_of("[]") == "event: not an object");
    CHECK(problem_of("[" + std::string(on_leave) + "]") == "event: not an object");
    CHECK(problem_of("\"onLeave\"") == "event: not an object");
    CHECK(problem_of("{}") == "event: neither event nor eventType");
    CHECK(problem_of(R"({"event":null})") == "event: neither event nor eventType");
    CHECK(problem_of(R"({"event":"","eventType":""})") == "event: neither event nor eventType");
    CHECK(problem_of(R"({"event":{"a":1}})") == "event: neither event nor eventType");
    CHECK(problem_of(R"({"event":"onLeave"})") == "event: no participantId");
    CHECK(problem_of(R"({"event":"onLeave","endpointId":"e","participantId":null})") ==
          "event: no participantId");
    CHECK(problem_of(R"({"event":"endpointConnected","participantId":"p"})") == "event: no endpointId");
    CHECK(problem_of(R"({"event":"outboundConnectionRequest","endpointId":""})") == "event: no endpointId");
    CHECK(problem_of("event=onLeave&participantId=secret") == "event: not JSON at byte 0: syntax error");
    CHECK(problem_of("<event>secret</event>") == "event: not JSON at byte 0: syntax error");
    CHECK(problem_of(std::string(on_leave) + "x").find("extra data") != std::string::npos);
    CHECK_FALSE(support::names(problem_of(R"({"event":"onLeave","secret":"secret")"), "secret"));
    CHECK(problem_of(R"({"event":"x","y":)" + std::string(10'000, '[')).find("too deep") !=
          std::string::npos);
}

TEST_CASE("a sample that is cut off anywhere is a failure") {
    for (const auto posted : event_samples())
        for (std::size_t length = 0; length < posted.size(); ++length)
            CHECK_FALSE(problem_of(posted.substr(0, length)).empty());
}

TEST_CASE("each field of each sample may be missing or null, but for the name and the id") {
    for (const auto posted : event_samples()) {
        const auto whole = parsed(posted);
        for (const auto& field : fields_of(posted)) {
            CAPTURE(field);
            const auto missing = changed(posted, field, nullptr);
            const auto null = changed(posted, field, "null");
            const bool needed =
                is_name(field) || (is_id(field) && whole.kind() != event_kind::connect_status);
            CHECK(problem_of(missing).empty() == !needed);
            CHECK(problem_of(null) == problem_of(missing));
            if (needed)
                continue;
            CHECK(parsed(missing).kind() == whole.kind());
            if (field != "callId") // unknown, so it is kept
                CHECK(parsed(missing) == parsed(null));
        }
    }
}

TEST_CASE("each field of each sample may be of another type, and is not lost") {
    for (const auto posted : event_samples()) {
        const auto whole = parsed(posted);
        for (const auto& field : fields_of(posted)) {
            for (const char* const value :
                 {"true", "false", "[]", R"(["a",{"b":1}])", R"({"b":[true]})", "{}"}) {
                CAPTURE(field);
                CAPTURE(std::string(value));
                const auto body = changed(posted, field, value);
                if (is_name(field) || (is_id(field) && whole.kind() != event_kind::connect_status)) {
                    CHECK_FALSE(problem_of(body).empty());
                    continue;
                }
                const auto read = parsed(body);
                CHECK(read.kind() == whole.kind());
                const bool is_known_object = field == "device" && *value == '{';
                const std::string& extra = is_known_object ? read.device().extra() : read.extra();
                const std::string kept = is_known_object ? value : "\"" + field + "\":" + value;
                CHECK((support::names(extra, kept) || kept == "{}"));
            }
        }
    }
}

TEST_CASE("a field more changes nothing else") {
    for (const auto posted : event_samples()) {
        auto whole = parsed(posted);
        std::string body(posted);
        body.insert(body.size() - 1, R"(,"new":{"a":[1]})");
        std::string extra = whole.extra();
        if (extra.empty())
            extra = R"({"new":{"a":[1]}})";
        else
            extra.insert(extra.size() - 1, R"(,"new":{"a":[1]})");
        CHECK(parsed(body) == whole.extra(extra));
    }
}

TEST_CASE("damaged bodies are read or refused, and what is kept is JSON again") {
    support::random_numbers random(20'230'505);
    int accepted = 0;
    for (int round = 0; round < 30'000; ++round) {
        std::string body(event_samples()[random.pick(static_cast<unsigned>(event_samples().size()))]);
        for (unsigned changes = 1 + random.pick(3); changes != 0 && !body.empty(); --changes) {
            const std::size_t place = random.pick(static_cast<unsigned>(body.size()));
            if (random.one_in(3))
                body.erase(place, 1 + random.pick(6));
            else if (random.one_in(2))
                body[place] = "[{]},:\"0etn \xC3"[random.pick(13)];
            else
                body.insert(place,
                            body.substr(random.pick(static_cast<unsigned>(body.size())), random.pick(20)));
        }
        const auto read = parse_event(body);
        if (!read) {
            CHECK(read.error().message().size() < 200);
            continue;
        }
        ++accepted;
        CHECK_FALSE(read->name().empty());
        for (const std::string* extra : {&read->extra(), &read->device().extra()})
            if (!extra->empty())
                CHECK(boost::json::parse(*extra).is_object());
    }
    CHECK(accepted > 1'000);
}
