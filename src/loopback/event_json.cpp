#include "loopback/event_json.hpp"

#include <chrono>

#include "loopback/brtc_json.hpp"
#include "loopback/json_codec.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

std::string milliseconds_since_1970(date moment) {
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(moment).time_since_epoch().count());
}

} // namespace

std::string participant_event(std::string_view name, const participant_record& participant, date now) {
    std::string out = "{";
    add_json_field("event", name, out);
    add_json_field("timestamp", milliseconds_since_1970(now), out); // a string, as in the page's example
    add_json_field("participantId", participant.id, out);
    add_json_field("deviceId", participant.device_id, out);
    if (participant.settings.tag)
        add_json_field("tag", *participant.settings.tag, out);
    return out + '}';
}

std::string endpoint_event(const endpoint_record& endpoint, const device_record& device, date now) {
    std::string out = "{";
    write_endpoint_fields(endpoint, out);
    std::string moment;
    write_iso8601(now, moment);
    add_json_field("eventTime", moment, out);
    add_json_field("eventType", device.connected ? "DEVICE_CONNECTED" : "DEVICE_DISCONNECTED", out);
    out += ",\"device\":";
    write_device(device, out);
    return out + '}';
}

std::string endpoint_event_of_webhooks_page(std::string_view account, const endpoint_record& endpoint,
                                            const device_record& device, date now) {
    std::string out = "{";
    add_json_field("accountId", account, out);
    add_json_field("endpointId", endpoint.id, out);
    add_json_field("event", device.connected ? "endpointConnected" : "endpointDisconnected", out);
    add_json_field("deviceId", device.id, out);
    out += ",\"timestamp\":" + milliseconds_since_1970(now);
    if (endpoint.settings.tag)
        add_json_field("tags", *endpoint.settings.tag, out);
    return out + '}';
}

} // namespace bandwidth::webrtc::testing::detail
