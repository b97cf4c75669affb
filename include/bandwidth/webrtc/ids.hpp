#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc {

namespace detail {

struct codec;

/// The text of an id, typed by what it names (`Noun` is the id class itself).
/// Use `session_id`, `participant_id` and so on; this class only keeps them from being swapped.
template <class Noun>
class string_id {
public:
    /// An empty id. It names nothing: a call that takes it fails with `errc::invalid_argument`.
    string_id() noexcept = default;

    /// Takes the text as it is, unchecked. A call checks it before it sends anything.
    explicit string_id(std::string text) noexcept : value_(std::move(text)) {}

    /// Copies the text as it is, unchecked.
    explicit string_id(std::string_view text) : value_(text) {}

    /// Copies the text as it is, unchecked. A null pointer gives an empty id.
    explicit string_id(const char* text) : value_(text != nullptr ? text : "") {}

    /// The text, as it was given. It is percent-encoded only in the URL of a request.
    [[nodiscard]] const std::string& value() const noexcept { return value_; }

    /// Whether the id has no text.
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

    /// Compares the texts byte by byte (ids are case-sensitive).
    friend bool operator==(const string_id&, const string_id&) noexcept = default;

    /// Orders by the texts, byte by byte.
    friend std::strong_ordering operator<=>(const string_id& a, const string_id& b) noexcept {
        return a.value_.compare(b.value_) <=> 0;
    }

protected:
    ~string_id() = default;
    string_id(const string_id&) = default;
    string_id(string_id&&) noexcept = default;
    string_id& operator=(const string_id&) = default;
    string_id& operator=(string_id&&) noexcept = default;

private:
    friend struct detail::codec;
    std::string value_;
};

} // namespace detail

/// Names a session, for instance `webrtc::session_id("75c21163-e110-41bc-bd76-1bb428ec85d5")`.
///
/// Made of a `std::string`, a `std::string_view` or a literal. Ids of one kind compare by their texts, byte
/// by byte, and can be hashed and printed. A value type: distinct objects may be used from distinct threads
/// at once. The service gives UUIDs, but any text is accepted here. A call refuses (`errc::invalid_argument`,
/// nothing sent) an id that is empty, made of dots only, longer than 256 bytes, or that holds `/`, `\` or a
/// control character; whatever else is not an RFC 3986 unreserved character is percent-encoded in the URL.
class session_id final : public detail::string_id<session_id> {
public:
    using string_id::string_id;
};

/// Names a participant. The same rules as for `session_id`; neither converts to the other.
class participant_id final : public detail::string_id<participant_id> {
public:
    using string_id::string_id;
};

/// Names an endpoint of BRTC, for instance
/// `webrtc::endpoint_id("e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85")`. The same rules as for
/// `session_id`.
class endpoint_id final : public detail::string_id<endpoint_id> {
public:
    using string_id::string_id;
};

/// Names a device: one connection that a browser or an app has made with the token of a participant or of an
/// endpoint. The services give it in events; no call takes it. Otherwise as `session_id`.
class device_id final : public detail::string_id<device_id> {
public:
    using string_id::string_id;
};

/// Names a call of Bandwidth's Voice API, for instance
/// `webrtc::voice_call_id("c-93d6f3c0-be584596-0b74-4fa2-8015-d8ede84bd1a4")`. For `bxml`; no call takes it.
/// Otherwise as `session_id`.
class voice_call_id final : public detail::string_id<voice_call_id> {
public:
    using string_id::string_id;
};

/// Hashes the id's text, for Boost's containers.
std::size_t hash_value(const session_id& id) noexcept;
/// Hashes the id's text, for Boost's containers.
std::size_t hash_value(const participant_id& id) noexcept;
/// Hashes the id's text, for Boost's containers.
std::size_t hash_value(const endpoint_id& id) noexcept;
/// Hashes the id's text, for Boost's containers.
std::size_t hash_value(const device_id& id) noexcept;
/// Hashes the id's text, for Boost's containers.
std::size_t hash_value(const voice_call_id& id) noexcept;
/// Writes the id's text.
std::ostream& operator<<(std::ostream& stream, const session_id& id);
/// Writes the id's text.
std::ostream& operator<<(std::ostream& stream, const participant_id& id);
/// Writes the id's text.
std::ostream& operator<<(std::ostream& stream, const endpoint_id& id);
/// Writes the id's text.
std::ostream& operator<<(std::ostream& stream, const device_id& id);
/// Writes the id's text.
std::ostream& operator<<(std::ostream& stream, const voice_call_id& id);

} // namespace bandwidth::webrtc

/// Hashes the id's text, for unordered containers.
template <>
struct std::hash<bandwidth::webrtc::session_id> {
    /// The hash.
    std::size_t operator()(const bandwidth::webrtc::session_id& id) const noexcept {
        return std::hash<std::string>()(id.value());
    }
};

/// Hashes the id's text, for unordered containers.
template <>
struct std::hash<bandwidth::webrtc::participant_id> {
    /// The hash.
    std::size_t operator()(const bandwidth::webrtc::participant_id& id) const noexcept {
        return std::hash<std::string>()(id.value());
    }
};

/// Hashes the id's text, for unordered containers.
template <>
struct std::hash<bandwidth::webrtc::endpoint_id> {
    /// The hash.
    std::size_t operator()(const bandwidth::webrtc::endpoint_id& id) const noexcept {
        return std::hash<std::string>()(id.value());
    }
};

/// Hashes the id's text, for unordered containers.
template <>
struct std::hash<bandwidth::webrtc::device_id> {
    /// The hash.
    std::size_t operator()(const bandwidth::webrtc::device_id& id) const noexcept {
        return std::hash<std::string>()(id.value());
    }
};

/// Hashes the id's text, for unordered containers.
template <>
struct std::hash<bandwidth::webrtc::voice_call_id> {
    /// The hash.
    std::size_t operator()(const bandwidth::webrtc::voice_call_id& id) const noexcept {
        return std::hash<std::string>()(id.value());
    }
};
