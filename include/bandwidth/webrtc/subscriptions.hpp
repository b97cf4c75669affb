#pragma once

#include <bandwidth/webrtc/ids.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bandwidth::webrtc {

namespace detail {
struct codec;
}

/// One participant to subscribe to, with all of its streams or only some:
/// `webrtc::participant_subscription{alice}.stream_alias("camera").stream_alias("screen")`.
///
/// A value type: distinct objects may be used from distinct threads at once. References that it returns are
/// valid while it lives.
class participant_subscription {
public:
    /// A subscription to nobody, to be assigned to. A call that sends it fails.
    participant_subscription() = default;

    /// Subscribes to every stream of the participant `id`.
    explicit participant_subscription(webrtc::participant_id id) noexcept : participant_id_(std::move(id)) {}

    /// Subscribes to the stream with this alias instead of to every stream; call it again for more. The
    /// participant's device declares its aliases. A repeated alias is kept once; an alias that does not
    /// exist has an undefined effect (OpenAPI: participantSubscription).
    participant_subscription& stream_alias(std::string alias);

    /// Whom to subscribe to.
    [[nodiscard]] const webrtc::participant_id& participant_id() const noexcept { return participant_id_; }

    /// The streams; empty means every stream.
    [[nodiscard]] const std::vector<std::string>& stream_aliases() const noexcept { return stream_aliases_; }

    /// The response's fields that this library does not know, as the text of a JSON object; empty when there
    /// were none. See `session::extra()` for how to read it. A request does not send it.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// Whether all fields are equal (the order of the aliases counts).
    friend bool operator==(const participant_subscription&, const participant_subscription&) = default;

private:
    friend struct detail::codec;
    webrtc::participant_id participant_id_;
    std::vector<std::string> stream_aliases_;
    std::string extra_;
};

/// The three things that subscriptions can mean.
enum class subscription_scope : unsigned char {
    none,           ///< to nobody
    all_in_session, ///< to everybody in a session, also to those who join later
    only_listed,    ///< to the listed participants and to nobody else
};

/// Whose media a participant receives. Made by one of three names:
/// ```cpp
/// webrtc::subscriptions::all_in(session)                     // everybody, also those who join later
/// webrtc::subscriptions::only(session).add(alice).add(bob)   // these and nobody else
/// webrtc::subscriptions::none()                              // nobody
/// ```
/// The service reads a session id with an empty list as *everybody*. That trap is closed here: `only` with
/// nobody added means nobody, and is sent as such.
///
/// A value type: distinct objects may be used from distinct threads at once. References that it returns are
/// valid while it lives.
class subscriptions {
public:
    /// The same as `none()`.
    subscriptions() = default;

    /// Everybody in the session `id`, also those who join later.
    [[nodiscard]] static subscriptions all_in(webrtc::session_id id);

    /// Only those that are then added with `add()`; while nobody is, nobody. `id` is the session in which
    /// they are.
    [[nodiscard]] static subscriptions only(webrtc::session_id id);

    /// Nobody. Updating with it removes all subscriptions; joining with it joins without media.
    [[nodiscard]] static subscriptions none();

    /// Adds a participant with chosen streams. From then on the scope is `only_listed`, also after
    /// `all_in()`, for that is how the service reads it: a list overrides the session.
    subscriptions& add(participant_subscription subscription);

    /// Adds a participant with every stream. See the other overload.
    subscriptions& add(webrtc::participant_id id);

    /// Which of the three this means. `only()` with nobody added is `none`.
    [[nodiscard]] subscription_scope scope() const noexcept;

    /// The session, if one is named. The service's examples name a session other than the one in the URL,
    /// so nothing here compares them.
    [[nodiscard]] const std::optional<webrtc::session_id>& session_id() const noexcept { return session_id_; }

    /// The listed participants; empty unless the scope is `only_listed`.
    [[nodiscard]] const std::vector<participant_subscription>& participants() const noexcept {
        return participants_;
    }

    /// The response's fields that this library does not know, as the text of a JSON object; empty when there
    /// were none. See `session::extra()` for how to read it. A request does not send it.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// Whether all fields are equal (the order of the participants counts).
    friend bool operator==(const subscriptions&, const subscriptions&) = default;

private:
    friend struct detail::codec;
    std::optional<webrtc::session_id> session_id_;
    std::vector<participant_subscription> participants_;
    std::string extra_;
    bool everybody_ = false; // what an empty list means: everybody in session_id_, or nobody
};

} // namespace bandwidth::webrtc
