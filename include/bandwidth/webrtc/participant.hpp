#pragma once

#include <bandwidth/webrtc/device_api_version.hpp>
#include <bandwidth/webrtc/device_token.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <bandwidth/webrtc/media.hpp>
#include <bandwidth/webrtc/subscriptions.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bandwidth::webrtc {

/// A participant: one device that can join a session.
///
/// The service leaves out fields or sends them as null; both read as absent. A value type: distinct objects
/// may be used from distinct threads at once. References that it returns are valid while it lives.
class participant {
public:
    /// A participant without an id, to be assigned to. Calls never return one.
    participant() = default;

    /// The id that the service gave. Never empty in a response.
    [[nodiscard]] const participant_id& id() const noexcept { return id_; }

    /// Where the service posts events about this participant, if anywhere.
    [[nodiscard]] const std::optional<std::string>& callback_url() const noexcept { return callback_url_; }

    /// What the participant may publish. A permission that this library does not know is not in it; the
    /// whole list is then in `extra()`.
    [[nodiscard]] media publish_permissions() const noexcept { return publish_permissions_; }

    /// The sessions that the participant is in: none or one (the service caps it).
    [[nodiscard]] const std::vector<session_id>& sessions() const noexcept { return sessions_; }

    /// What the participant is subscribed to, if the response tells. An empty object, as right after
    /// creation, reads as `subscriptions::none()`.
    [[nodiscard]] const std::optional<webrtc::subscriptions>& subscriptions() const noexcept {
        return subscriptions_;
    }

    /// The tag given at creation, if any. Not unique.
    [[nodiscard]] const std::optional<std::string>& tag() const noexcept { return tag_; }

    /// The version of the device API, if the response tells.
    [[nodiscard]] const std::optional<webrtc::device_api_version>& device_api_version() const noexcept {
        return device_api_version_;
    }

    /// The response's fields that this library does not know, as the text of a JSON object; empty when there
    /// were none. See `session::extra()` for how to read it.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// \name For mocks
    /// These make a participant as a call would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    participant& id(participant_id value) {
        id_ = std::move(value);
        return *this;
    }
    participant& callback_url(std::string url) {
        callback_url_ = std::move(url);
        return *this;
    }
    participant& publish_permissions(media permissions) noexcept {
        publish_permissions_ = permissions;
        return *this;
    }
    participant& sessions(std::vector<session_id> ids) {
        sessions_ = std::move(ids);
        return *this;
    }
    participant& subscriptions(webrtc::subscriptions value) {
        subscriptions_ = std::move(value);
        return *this;
    }
    participant& tag(std::string text) {
        tag_ = std::move(text);
        return *this;
    }
    participant& device_api_version(webrtc::device_api_version version) {
        device_api_version_ = std::move(version);
        return *this;
    }
    /// The same; `json` is the text of an object.
    participant& extra(std::string json) {
        extra_ = std::move(json);
        return *this;
    }
    /// @}

    /// Whether all fields are equal.
    friend bool operator==(const participant&, const participant&) = default;

private:
    friend struct detail::codec;
    participant_id id_;
    std::optional<std::string> callback_url_;
    std::vector<session_id> sessions_;
    std::optional<webrtc::subscriptions> subscriptions_;
    std::optional<std::string> tag_;
    std::optional<webrtc::device_api_version> device_api_version_;
    std::string extra_;
    media publish_permissions_ = media::none;
};

/// What to create a participant with. All fields are optional, and none can be changed after creation.
/// ```cpp
/// webrtc::participant_request{}.tag("alice").publish(webrtc::media::audio | webrtc::media::video)
/// ```
/// A value type: distinct objects may be used from distinct threads at once.
class participant_request {
public:
    /// A request that sets nothing.
    participant_request() = default;

    /// A name of your own for the participant, in UTF-8, at most 50 code points (a longer one fails with
    /// `errc::invalid_argument`: the service's limit). It need not be unique; no personal data.
    participant_request& tag(std::string text) {
        tag_ = std::move(text);
        return *this;
    }

    /// What the participant may publish. Not set, nothing is sent, and the service's own default applies,
    /// which Bandwidth does not document. `media::none` is sent as an empty list.
    participant_request& publish(media permissions) noexcept {
        publish_ = permissions;
        return *this;
    }

    /// The full URL to which the service posts events about this participant. Bandwidth switches these
    /// events on by request.
    participant_request& callback_url(std::string url) {
        callback_url_ = std::move(url);
        return *this;
    }

    /// The version of the device API. Not set, the service takes its default (V3 since 2021).
    participant_request& device_api_version(webrtc::device_api_version version) noexcept {
        device_api_version_ = std::move(version);
        return *this;
    }

    /// The tag, if it was set.
    [[nodiscard]] const std::optional<std::string>& tag() const noexcept { return tag_; }

    /// The permissions, if they were set.
    [[nodiscard]] const std::optional<media>& publish() const noexcept { return publish_; }

    /// The callback URL, if it was set.
    [[nodiscard]] const std::optional<std::string>& callback_url() const noexcept { return callback_url_; }

    /// The version of the device API, if it was set.
    [[nodiscard]] const std::optional<webrtc::device_api_version>& device_api_version() const noexcept {
        return device_api_version_;
    }

private:
    std::optional<std::string> tag_;
    std::optional<std::string> callback_url_;
    std::optional<webrtc::device_api_version> device_api_version_;
    std::optional<media> publish_;
};

/// The response to creating a participant: the participant, and the token with which its device connects.
///
/// A value type: distinct objects may be used from distinct threads at once. References that it returns are
/// valid while it lives.
class created_participant {
public:
    /// An empty response, to be assigned to. Calls never return one.
    created_participant() = default;

    /// The participant. Its id is never empty in a response.
    [[nodiscard]] const webrtc::participant& participant() const noexcept { return participant_; }

    /// The secret for the participant's device. The service never gives it again. Empty if the response held
    /// none.
    [[nodiscard]] const participant_token& token() const noexcept { return token_; }

    /// The response's fields that this library does not know, as the text of a JSON object; empty when there
    /// were none. See `session::extra()` for how to read it.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// \name For mocks
    /// These make a response as a call would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    created_participant& participant(webrtc::participant value) {
        participant_ = std::move(value);
        return *this;
    }
    created_participant& token(participant_token value) {
        token_ = std::move(value);
        return *this;
    }
    /// The same; `json` is the text of an object.
    created_participant& extra(std::string json) {
        extra_ = std::move(json);
        return *this;
    }
    /// @}

private:
    friend struct detail::codec;
    webrtc::participant participant_;
    participant_token token_;
    std::string extra_;
};

} // namespace bandwidth::webrtc
