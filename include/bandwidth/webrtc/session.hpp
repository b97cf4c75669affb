#pragma once

#include <bandwidth/webrtc/ids.hpp>
#include <optional>
#include <string>
#include <utility>

namespace bandwidth::webrtc {

namespace detail {
struct codec;
}

/// A session: a room in which participants exchange media. Bandwidth cleans it up nine hours after its
/// creation and lets in twenty participants at most.
///
/// A value type: distinct objects may be used from distinct threads at once. References that it returns are
/// valid while it lives.
class session {
public:
    /// A session without an id, to be assigned to. Calls never return one.
    session() = default;

    /// The id that the service gave. Never empty in a response.
    [[nodiscard]] const session_id& id() const noexcept { return id_; }

    /// The tag given at creation, if any. Not unique.
    [[nodiscard]] const std::optional<std::string>& tag() const noexcept { return tag_; }

    /// The response's fields that this library does not know, as the text of a JSON object; empty when there
    /// were none. Read it with any JSON library, for instance Boost.JSON:
    /// ```cpp
    /// if (!session.extra().empty()) {
    ///     boost::json::value fields = boost::json::parse(session.extra());
    ///     std::cout << fields.at("participant_ids") << '\n';
    /// }
    /// ```
    /// A repeated field is repeated here too.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// \name For mocks
    /// `session{}.id(session_id("s")).tag("room")` makes a session as a call would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    session& id(session_id value) {
        id_ = std::move(value);
        return *this;
    }
    session& tag(std::string text) {
        tag_ = std::move(text);
        return *this;
    }
    /// The same; `json` is the text of an object.
    session& extra(std::string json) {
        extra_ = std::move(json);
        return *this;
    }
    /// @}

    /// Whether all fields are equal.
    friend bool operator==(const session&, const session&) = default;

private:
    friend struct detail::codec;
    session_id id_;
    std::optional<std::string> tag_;
    std::string extra_;
};

/// What to create a session with: `webrtc::session_request{}.tag("support call")`. All fields are optional,
/// and none can be changed after creation.
///
/// A value type: distinct objects may be used from distinct threads at once.
class session_request {
public:
    /// A request that sets nothing.
    session_request() = default;

    /// A name of your own for the session, in UTF-8, at most 50 code points (a longer one fails with
    /// `errc::invalid_argument`: the service's limit). It need not be unique; no personal data.
    session_request& tag(std::string text) {
        tag_ = std::move(text);
        return *this;
    }

    /// The tag, if it was set.
    [[nodiscard]] const std::optional<std::string>& tag() const noexcept { return tag_; }

private:
    std::optional<std::string> tag_;
};

} // namespace bandwidth::webrtc
