#pragma once

#include <bandwidth/webrtc/ids.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc {

namespace detail {
struct event_reader;
}

/// What an event tells. Bandwidth documents the events of an endpoint twice, under different names; both are
/// read.
enum class event_kind {
    unknown,                  ///< what this library does not know: see `event::name()` and `event::extra()`
    participant_connected,    ///< "onConnect": a participant's device has made its signalling connection
    participant_disconnected, ///< "onDisconnect": it has lost it; "onLeave" may come too
    participant_left,         ///< "onLeave": the server or the device has ended it
    endpoint_connected,    ///< "endpointConnected" or "DEVICE_CONNECTED": a device uses the endpoint's token
    endpoint_disconnected, ///< "endpointDisconnected" or "DEVICE_DISCONNECTED": a device does no more. The
                           ///< latter comes for every device, also while another one keeps the endpoint
                           ///< connected: whether the endpoint still has a device is `event::status()`
    endpoint_eligible,     ///< "endpointEligible": a call can be connected to the endpoint
    endpoint_ineligible,   ///< "endpointIneligible": none can, since it is in one or does not send audio
    outbound_connection_request, ///< "outboundConnectionRequest": the device wants to call, see `event::to()`
    connect_status,              ///< "connectStatus": how a `<Connect>` of BXML goes on
};

/// How a `<Connect>` of BXML goes on.
enum class connect_status {
    unknown,   ///< what this library does not know, or no such event: see `event::status()`
    initiated, ///< "INITIATED": it is in progress
    completed, ///< "COMPLETED": the call has ended well
    timed_out, ///< "TIMED_OUT": the endpoint did not take the call in time
    denied,    ///< "DENIED": the account or the endpoint may not do this
    canceled,  ///< "CANCELED"
    failed,    ///< "FAILED"
};

/// A time as the services tell it. Never before 1678 or after 2261, so that it compares with
/// `system_clock::now()`.
using event_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// The device that an event is about. A value type: distinct objects may be used from distinct threads at
/// once.
class event_device {
public:
    /// No device.
    event_device() = default;

    /// Its id; empty when the event tells none.
    [[nodiscard]] const device_id& id() const noexcept { return id_; }

    /// Its name, such as "David's iPhone", if the event tells it.
    [[nodiscard]] const std::optional<std::string>& name() const noexcept { return name_; }

    /// "CONNECTED" or "DISCONNECTED", if the event tells it.
    [[nodiscard]] const std::optional<std::string>& status() const noexcept { return status_; }

    /// When it was created, if the event tells it.
    [[nodiscard]] const std::optional<event_time>& created_at() const noexcept { return created_at_; }

    /// The device's fields that this library does not know. See `event::extra()`.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// \name For mocks
    /// These make a device as an event would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    event_device& id(device_id value) {
        id_ = std::move(value);
        return *this;
    }
    event_device& name(std::string text) {
        name_ = std::move(text);
        return *this;
    }
    event_device& status(std::string text) {
        status_ = std::move(text);
        return *this;
    }
    event_device& created_at(event_time time) noexcept {
        created_at_ = time;
        return *this;
    }
    /// The same; `json` is the text of an object.
    event_device& extra(std::string json) {
        extra_ = std::move(json);
        return *this;
    }
    /// @}

    /// Whether all fields are equal.
    friend bool operator==(const event_device&, const event_device&) = default;

private:
    friend struct detail::event_reader;
    device_id id_;
    std::optional<std::string> name_;
    std::optional<std::string> status_;
    std::optional<event_time> created_at_;
    std::string extra_;
};

/// What the services post to the callback URL of a participant, of an endpoint, or of a `<Connect>` of BXML
/// (https://dev.bandwidth.com/docs/webrtc/webhooks, https://dev.bandwidth.com/docs/brtc/webhooks).
///
/// Everything in it is what somebody has posted to a URL: the services sign nothing, so it is untrusted input
/// until the program has found out who sent it. An event may come twice, and after one that happened later.
///
/// A value type: distinct objects may be used from distinct threads at once. References that it returns are
/// valid while it lives.
class event {
public:
    /// An event of unknown kind, to be assigned to. `parse_event` never returns one without a name.
    event() = default;

    /// What the event tells.
    [[nodiscard]] event_kind kind() const noexcept { return kind_; }

    /// Its name as it was posted, such as "onLeave".
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// When it happened. Nothing when the event does not tell, or tells it in a form that this library does
    /// not know, which is then in `extra()`.
    [[nodiscard]] const std::optional<event_time>& time() const noexcept { return time_; }

    /// The account, if the event tells it.
    [[nodiscard]] const std::optional<std::string>& account() const noexcept { return account_; }

    /// The participant: never empty for the kinds `participant_...`, empty for the others.
    [[nodiscard]] const webrtc::participant_id& participant_id() const noexcept { return participant_id_; }

    /// The endpoint: never empty for the kinds `endpoint_...` and `outbound_connection_request`. Others may
    /// have one.
    [[nodiscard]] const webrtc::endpoint_id& endpoint_id() const noexcept { return endpoint_id_; }

    /// The device; its id is empty when the event tells none.
    [[nodiscard]] const event_device& device() const noexcept { return device_; }

    /// The tag that the participant or endpoint was created with, if it was.
    [[nodiscard]] const std::optional<std::string>& tag() const noexcept { return tag_; }

    /// The status as it was posted, if it was: of a `<Connect>`, or "CONNECTED" or "DISCONNECTED" of an
    /// endpoint.
    [[nodiscard]] const std::optional<std::string>& status() const noexcept { return status_; }

    /// How a `<Connect>` goes on: `status()` of an event of the kind `connect_status`.
    [[nodiscard]] webrtc::connect_status connect_status() const noexcept;

    /// Whom the device wants to call, in an `outbound_connection_request`: a phone number, or an id, as
    /// `to_type()` tells.
    [[nodiscard]] const std::optional<std::string>& to() const noexcept { return to_; }

    /// What `to()` is: "PHONE_NUMBER" or another type that Bandwidth has.
    [[nodiscard]] const std::optional<std::string>& to_type() const noexcept { return to_type_; }

    /// The type of the endpoint ("WEBRTC"), if the event tells it.
    [[nodiscard]] const std::optional<std::string>& endpoint_type() const noexcept { return endpoint_type_; }

    /// When the endpoint was created, if the event tells it.
    [[nodiscard]] const std::optional<event_time>& created_at() const noexcept { return created_at_; }

    /// When the endpoint's token ends, if the event tells it.
    [[nodiscard]] const std::optional<event_time>& expires_at() const noexcept { return expires_at_; }

    /// The fields that this library does not know, or knows in another form, as the text of a JSON object;
    /// empty when there are none. See `session::extra()` for how to read it.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// \name For mocks
    /// These make an event as `parse_event` would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    event& kind(event_kind value) noexcept {
        kind_ = value;
        return *this;
    }
    event& name(std::string text) {
        name_ = std::move(text);
        return *this;
    }
    event& time(event_time value) noexcept {
        time_ = value;
        return *this;
    }
    event& account(std::string id) {
        account_ = std::move(id);
        return *this;
    }
    event& participant_id(webrtc::participant_id id) {
        participant_id_ = std::move(id);
        return *this;
    }
    event& endpoint_id(webrtc::endpoint_id id) {
        endpoint_id_ = std::move(id);
        return *this;
    }
    event& device(event_device value) {
        device_ = std::move(value);
        return *this;
    }
    event& tag(std::string text) {
        tag_ = std::move(text);
        return *this;
    }
    event& status(std::string text) {
        status_ = std::move(text);
        return *this;
    }
    event& to(std::string text) {
        to_ = std::move(text);
        return *this;
    }
    event& to_type(std::string text) {
        to_type_ = std::move(text);
        return *this;
    }
    event& endpoint_type(std::string text) {
        endpoint_type_ = std::move(text);
        return *this;
    }
    event& created_at(event_time value) noexcept {
        created_at_ = value;
        return *this;
    }
    event& expires_at(event_time value) noexcept {
        expires_at_ = value;
        return *this;
    }
    /// The same; `json` is the text of an object.
    event& extra(std::string json) {
        extra_ = std::move(json);
        return *this;
    }
    /// @}

    /// Whether all fields are equal.
    friend bool operator==(const event&, const event&) = default;

private:
    friend struct detail::event_reader;
    event_kind kind_ = event_kind::unknown;
    std::string name_;
    std::optional<event_time> time_;
    std::optional<std::string> account_;
    webrtc::participant_id participant_id_;
    webrtc::endpoint_id endpoint_id_;
    event_device device_;
    std::optional<std::string> tag_;
    std::optional<std::string> status_;
    std::optional<std::string> to_;
    std::optional<std::string> to_type_;
    std::optional<std::string> endpoint_type_;
    std::optional<event_time> created_at_;
    std::optional<event_time> expires_at_;
    std::string extra_;
};

/// Reads the body of a request that a service has posted to a callback URL: a JSON object, one event.
///
/// Strict about JSON, tolerant about what it says: a number is read where a text is documented and the other
/// way round, a time as milliseconds since 1970 or in ISO 8601, null is absent, and what is unknown is kept.
/// Where one event has both names of a field, `event`, `timestamp`, `tag` and the id in `device` are taken
/// before `eventType`, `eventTime`, `tags` and `deviceId`, which are then dropped. A failure with
/// `errc::bad_json`, whose message tells what is wrong and holds nothing of `body`: what is no JSON object,
/// an event without a name (neither `event` nor `eventType`), and one of a known kind without the id that
/// `event` promises. A response of 2xx tells the service that the event has been taken; BRTC posts it to
/// `eventFallbackUrl` after any other.
///
/// May be called from any thread. The size of `body` is for the HTTP server to limit; more than 32 arrays and
/// objects inside each other are refused.
[[nodiscard]] result<event> parse_event(std::string_view body);

} // namespace bandwidth::webrtc
