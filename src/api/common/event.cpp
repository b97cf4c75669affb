#include <algorithm>
#include <bandwidth/webrtc/events.hpp>
#include <iterator>

#include "api/common/json_reader.hpp"
#include "core/ascii.hpp"
#include "core/timestamp.hpp"

namespace bandwidth::webrtc {

namespace {

struct kind_row {
    std::string_view name;
    event_kind kind;
};

constexpr kind_row kinds[] = {
    {"onConnect", event_kind::participant_connected},
    {"onDisconnect", event_kind::participant_disconnected},
    {"onLeave", event_kind::participant_left},
    {"endpointConnected", event_kind::endpoint_connected},
    {"DEVICE_CONNECTED", event_kind::endpoint_connected},
    {"endpointDisconnected", event_kind::endpoint_disconnected},
    {"DEVICE_DISCONNECTED", event_kind::endpoint_disconnected},
    {"endpointEligible", event_kind::endpoint_eligible},
    {"endpointIneligible", event_kind::endpoint_ineligible},
    {"outboundConnectionRequest", event_kind::outbound_connection_request},
    {"connectStatus", event_kind::connect_status},
};

struct status_row {
    std::string_view name;
    connect_status status;
};

constexpr status_row statuses[] = {
    {"INITIATED", connect_status::initiated}, {"COMPLETED", connect_status::completed},
    {"TIMED_OUT", connect_status::timed_out}, {"DENIED", connect_status::denied},
    {"CANCELED", connect_status::canceled},   {"FAILED", connect_status::failed},
};

event_kind kind_of(std::string_view name) noexcept {
    const auto* const row = std::find_if(std::begin(kinds), std::end(kinds), [&](const kind_row& known) {
        return detail::equals_ignoring_case(known.name, name);
    });
    return row == std::end(kinds) ? event_kind::unknown : row->kind;
}

// What an event cannot be used without, and does not have.
const char* missing_in(const event& read) noexcept {
    switch (read.kind()) {
    case event_kind::participant_connected:
    case event_kind::participant_disconnected:
    case event_kind::participant_left:
        return read.participant_id().empty() ? "no participantId" : nullptr;
    case event_kind::endpoint_connected:
    case event_kind::endpoint_disconnected:
    case event_kind::endpoint_eligible:
    case event_kind::endpoint_ineligible:
    case event_kind::outbound_connection_request:
        return read.endpoint_id().empty() ? "no endpointId" : nullptr;
    case event_kind::unknown:
    case event_kind::connect_status:
        break;
    }
    return read.name().empty() ? "neither event nor eventType" : nullptr;
}

} // namespace

namespace detail {

namespace {

/// An event, and what the shapes call by two names.
struct received_event {
    event read;
    std::string event_type;                // read.name() is `event`
    std::optional<event_time> second_time; // `eventTime`; read.time() is `timestamp`
    std::optional<std::string> tags;       // read.tag() is `tag`
    device_id device;                      // `deviceId`; read.device() is `device`
};

/// What `received_event` has in its event, or in itself.
template <auto... Path>
constexpr json_field text_field(std::string_view name) {
    return json_member<Path...>::text(name, json_form::scalar);
}

template <auto... Path>
constexpr json_field time_field(std::string_view name) {
    return json_member<Path...>::template read<parse_timestamp>(name);
}

} // namespace

/// Reads all documented shapes at once: no field of one means something else in another.
struct event_reader {
    static constexpr json_field device_fields[] = {
        text_field<&event_device::id_>("deviceId"),
        text_field<&event_device::name_>("deviceName"),
        text_field<&event_device::status_>("status"),
        time_field<&event_device::created_at_>("creationTimestamp"),
    };
    static constexpr json_shape of_device = {device_fields, &json_member<&event_device::extra_>::of, nullptr};

    static constexpr json_field device_field = [] {
        auto field = json_member<&received_event::read, &event::device_>::object("device", &of_device);
        field.is_lenient = true;
        return field;
    }();
    static constexpr json_field fields[] = {
        text_field<&received_event::read, &event::name_>("event"),
        text_field<&received_event::event_type>("eventType"),
        time_field<&received_event::read, &event::time_>("timestamp"),
        time_field<&received_event::second_time>("eventTime"),
        text_field<&received_event::read, &event::account_>("accountId"),
        text_field<&received_event::read, &event::participant_id_>("participantId"),
        text_field<&received_event::read, &event::endpoint_id_>("endpointId"),
        text_field<&received_event::device>("deviceId"),
        device_field,
        text_field<&received_event::read, &event::tag_>("tag"),
        text_field<&received_event::tags>("tags"),
        text_field<&received_event::read, &event::status_>("status"),
        text_field<&received_event::read, &event::to_>("to"),
        text_field<&received_event::read, &event::to_type_>("toType"),
        text_field<&received_event::read, &event::endpoint_type_>("type"),
        time_field<&received_event::read, &event::created_at_>("creationTimestamp"),
        time_field<&received_event::read, &event::expires_at_>("expirationTimestamp"),
    };

    static const char* finish(void* model) {
        auto& all = *static_cast<received_event*>(model);
        event& read = all.read;
        if (read.name_.empty())
            read.name_ = std::move(all.event_type);
        if (!read.time_)
            read.time_ = all.second_time;
        if (!read.tag_)
            read.tag_ = std::move(all.tags);
        if (read.device_.id_.empty())
            read.device_.id_ = std::move(all.device);
        read.kind_ = kind_of(read.name_);
        return missing_in(read);
    }

    static constexpr json_shape shape = {fields, &json_member<&received_event::read, &event::extra_>::of,
                                         finish};
};

} // namespace detail

webrtc::connect_status event::connect_status() const noexcept {
    if (kind_ != event_kind::connect_status || !status_)
        return webrtc::connect_status::unknown;
    const auto* const row = std::find_if(
        std::begin(statuses), std::end(statuses),
        [&](const status_row& known) { return detail::equals_ignoring_case(known.name, *status_); });
    return row == std::end(statuses) ? webrtc::connect_status::unknown : row->status;
}

result<event> parse_event(std::string_view body) {
    detail::received_event all;
    const auto root = detail::json_root<detail::received_event>("event", &detail::event_reader::shape);
    if (auto wrong = detail::read_json(body, root, &all))
        return failure(errc::bad_json, std::move(*wrong));
    return std::move(all.read);
}

} // namespace bandwidth::webrtc
