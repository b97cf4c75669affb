#pragma once

#include <bandwidth/webrtc/brtc/open_enum.hpp>
#include <bandwidth/webrtc/detail/secret_text.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::detail {
struct endpoint_codec;
}

/// BRTC (Bandwidth Real-Time Communications), the product that follows Bandwidth's WebRTC API: endpoints, to
/// which a browser or an app connects with a token, and with which phone calls are connected
/// (https://dev.bandwidth.com/docs/brtc).
namespace bandwidth::webrtc::brtc {

/// A time as the service tells it. Never before 1678 or after 2261, so that it compares with
/// `system_clock::now()`.
using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// The secret with which a device connects to an endpoint. Hand it to that device and to nobody else.
///
/// It is a type of its own so that it is never printed by accident: it does not convert to a string, and
/// `operator<<` writes "[redacted]". A value type: distinct objects may be used from distinct threads.
///
/// Empty where there is none: the service gives one only in the response that creates the endpoint. For mocks
/// it is made of a `std::string`.
class endpoint_token final : public webrtc::detail::secret_text<endpoint_token> {
public:
    using secret_text::secret_text;
};

/// Writes "[redacted]", never the token.
std::ostream& operator<<(std::ostream& stream, const endpoint_token& token);
/// For formatters.
inline std::string_view formatted_text(const endpoint_token&) noexcept { return "[redacted]"; }

/// A device: one connection that a browser or an app has made with an endpoint's token.
///
/// A value type: distinct objects may be used from distinct threads at once. References that it returns are
/// valid while it lives.
class device {
public:
    /// No device, to be assigned to.
    device() = default;

    /// Its id; empty when the response tells none.
    [[nodiscard]] const device_id& id() const noexcept { return id_; }

    /// Its name, such as "David's iPhone", if it has one.
    [[nodiscard]] const std::optional<std::string>& name() const noexcept { return name_; }

    /// Whether it is there.
    [[nodiscard]] const open_enum<connection_status>& status() const noexcept { return status_; }

    /// When it was created. Nothing when the response does not tell, or tells it in a form that this library
    /// does not know, which is then in `extra()`.
    [[nodiscard]] const std::optional<timestamp>& created_at() const noexcept { return created_at_; }

    /// The device's fields that this library does not know. See `endpoint::extra()`.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// \name For mocks
    /// These make a device as a call would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    device& id(device_id value) {
        id_ = std::move(value);
        return *this;
    }
    device& name(std::string text) {
        name_ = std::move(text);
        return *this;
    }
    device& status(open_enum<connection_status> value) {
        status_ = std::move(value);
        return *this;
    }
    device& created_at(timestamp time) noexcept {
        created_at_ = time;
        return *this;
    }
    /// The same; `json` is the text of an object.
    device& extra(std::string json) {
        extra_ = std::move(json);
        return *this;
    }
    /// @}

    /// Whether all fields are equal.
    friend bool operator==(const device&, const device&) = default;

private:
    friend struct webrtc::detail::endpoint_codec;
    device_id id_;
    std::optional<std::string> name_;
    open_enum<connection_status> status_;
    std::optional<timestamp> created_at_;
    std::string extra_;
};

/// An endpoint. The service removes it 24 hours after its creation, with its devices and calls, and its token
/// ends then.
///
/// The service may leave out fields or send them as null; both read as absent. A value type: distinct objects
/// may be used from distinct threads at once. References that it returns are valid while it lives.
class endpoint {
public:
    /// An endpoint without an id, to be assigned to. Calls never return one.
    endpoint() = default;

    /// The id that the service gave. Never empty in a response.
    [[nodiscard]] const endpoint_id& id() const noexcept { return id_; }

    /// What it is.
    [[nodiscard]] const open_enum<endpoint_type>& type() const noexcept { return type_; }

    /// Whether a device uses it.
    [[nodiscard]] const open_enum<connection_status>& status() const noexcept { return status_; }

    /// Who may call whom, if the response tells. The service's description of its responses does not have it.
    [[nodiscard]] const std::optional<open_enum<endpoint_direction>>& direction() const noexcept {
        return direction_;
    }

    /// When it was created. Nothing when the response does not tell, or tells it in a form that this library
    /// does not know, which is then in `extra()`.
    [[nodiscard]] const std::optional<timestamp>& created_at() const noexcept { return created_at_; }

    /// When its token ends, and the endpoint with it; otherwise as `created_at()`.
    [[nodiscard]] const std::optional<timestamp>& expires_at() const noexcept { return expires_at_; }

    /// The tag given at creation, if any. Not unique.
    [[nodiscard]] const std::optional<std::string>& tag() const noexcept { return tag_; }

    /// The devices that use it. Empty in a list of endpoints, which does not tell them.
    [[nodiscard]] const std::vector<device>& devices() const noexcept { return devices_; }

    /// The response's fields that this library does not know, as the text of a JSON object; empty when there
    /// were none. See `session::extra()` for how to read it.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// \name For mocks
    /// These make an endpoint as a call would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    endpoint& id(endpoint_id value) {
        id_ = std::move(value);
        return *this;
    }
    endpoint& type(open_enum<endpoint_type> value) {
        type_ = std::move(value);
        return *this;
    }
    endpoint& status(open_enum<connection_status> value) {
        status_ = std::move(value);
        return *this;
    }
    endpoint& direction(open_enum<endpoint_direction> value) {
        direction_ = std::move(value);
        return *this;
    }
    endpoint& created_at(timestamp time) noexcept {
        created_at_ = time;
        return *this;
    }
    endpoint& expires_at(timestamp time) noexcept {
        expires_at_ = time;
        return *this;
    }
    endpoint& tag(std::string text) {
        tag_ = std::move(text);
        return *this;
    }
    endpoint& devices(std::vector<device> all) {
        devices_ = std::move(all);
        return *this;
    }
    /// The same; `json` is the text of an object.
    endpoint& extra(std::string json) {
        extra_ = std::move(json);
        return *this;
    }
    /// @}

    /// Whether all fields are equal.
    friend bool operator==(const endpoint&, const endpoint&) = default;

private:
    friend struct webrtc::detail::endpoint_codec;
    endpoint_id id_;
    open_enum<endpoint_type> type_;
    open_enum<connection_status> status_;
    std::optional<open_enum<endpoint_direction>> direction_;
    std::optional<timestamp> created_at_;
    std::optional<timestamp> expires_at_;
    std::optional<std::string> tag_;
    std::vector<device> devices_;
    std::string extra_;
};

/// The response to creating an endpoint: the endpoint, and the token with which its device connects.
///
/// A value type: distinct objects may be used from distinct threads at once. References that it returns are
/// valid while it lives.
class created_endpoint {
public:
    /// An empty response, to be assigned to. Calls never return one.
    created_endpoint() = default;

    /// The endpoint. Its id is never empty in a response.
    [[nodiscard]] const brtc::endpoint& endpoint() const noexcept { return endpoint_; }

    /// The secret for the endpoint's device. The service never gives it again. Empty if the response held
    /// none.
    [[nodiscard]] const endpoint_token& token() const noexcept { return token_; }

    /// \name For mocks
    /// These make a response as a call would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    created_endpoint& endpoint(brtc::endpoint value) {
        endpoint_ = std::move(value);
        return *this;
    }
    created_endpoint& token(endpoint_token value) {
        token_ = std::move(value);
        return *this;
    }
    /// @}

private:
    friend struct webrtc::detail::endpoint_codec;
    brtc::endpoint endpoint_;
    endpoint_token token_;
};

/// What to create an endpoint with. None of it can be changed after creation. The description's
/// `connectionMetadata` is left out, since of that object no content is documented.
/// ```cpp
/// brtc::endpoint_request(brtc::endpoint_direction::bidirectional).tag("alice")
/// ```
/// A value type: distinct objects may be used from distinct threads at once.
class endpoint_request {
public:
    /// A request for an endpoint of WebRTC.
    /// \param direction who may call whom, which the service asks for. One without a text fails with
    ///        `errc::invalid_argument`.
    explicit endpoint_request(open_enum<endpoint_direction> direction) : direction_(std::move(direction)) {}

    /// What the endpoint is; not set, it is `endpoint_type::webrtc`, the only one that is documented.
    endpoint_request& type(open_enum<endpoint_type> value) {
        type_ = std::move(value);
        return *this;
    }

    /// The full URL to which the service posts the endpoint's events; see `parse_event`.
    endpoint_request& event_callback_url(std::string url) {
        event_callback_url_ = std::move(url);
        return *this;
    }

    /// The full URL to which it posts an event that the first has not taken.
    endpoint_request& event_fallback_url(std::string url) {
        event_fallback_url_ = std::move(url);
        return *this;
    }

    /// A text of your own for the endpoint, in UTF-8, at most 1,024 code points (a longer one fails with
    /// `errc::invalid_argument`: the service's limit). It need not be unique.
    endpoint_request& tag(std::string text) {
        tag_ = std::move(text);
        return *this;
    }

    /// \name What was set
    /// @{

    /// What was set, if it was, or the default.
    [[nodiscard]] const open_enum<endpoint_direction>& direction() const noexcept { return direction_; }
    [[nodiscard]] const open_enum<endpoint_type>& type() const noexcept { return type_; }
    [[nodiscard]] const std::optional<std::string>& event_callback_url() const noexcept {
        return event_callback_url_;
    }
    [[nodiscard]] const std::optional<std::string>& event_fallback_url() const noexcept {
        return event_fallback_url_;
    }
    [[nodiscard]] const std::optional<std::string>& tag() const noexcept { return tag_; }
    /// @}

private:
    open_enum<endpoint_direction> direction_;
    open_enum<endpoint_type> type_ = endpoint_type::webrtc;
    std::optional<std::string> event_callback_url_;
    std::optional<std::string> event_fallback_url_;
    std::optional<std::string> tag_;
};

} // namespace bandwidth::webrtc::brtc
