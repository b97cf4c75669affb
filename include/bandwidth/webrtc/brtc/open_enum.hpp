#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::brtc {

/// What an endpoint is.
enum class endpoint_type : unsigned char {
    unknown, ///< what this library does not know: see `open_enum::text()`
    webrtc,  ///< "WEBRTC": a browser or an app
};

/// Who may call whom.
enum class endpoint_direction : unsigned char {
    unknown,       ///< what this library does not know
    inbound,       ///< "INBOUND": calls can be connected to the endpoint
    outbound,      ///< "OUTBOUND": the endpoint's device can call
    bidirectional, ///< "BIDIRECTIONAL": both
};

/// Whether a device uses the endpoint's token; of a device, whether it is there.
enum class connection_status : unsigned char {
    unknown,      ///< what this library does not know
    connected,    ///< "CONNECTED"
    disconnected, ///< "DISCONNECTED"
};

/// The name that the service has for it; empty for `unknown` and for a number that is no value.
constexpr std::string_view to_string(endpoint_type value) noexcept {
    return value == endpoint_type::webrtc ? "WEBRTC" : "";
}
/// The same.
constexpr std::string_view to_string(endpoint_direction value) noexcept {
    return value == endpoint_direction::inbound         ? "INBOUND"
           : value == endpoint_direction::outbound      ? "OUTBOUND"
           : value == endpoint_direction::bidirectional ? "BIDIRECTIONAL"
                                                        : "";
}
/// The same.
constexpr std::string_view to_string(connection_status value) noexcept {
    return value == connection_status::connected      ? "CONNECTED"
           : value == connection_status::disconnected ? "DISCONNECTED"
                                                      : "";
}

/// A value of one of the service's enumerations that cannot fail to be read: one that this library does not
/// know keeps its text, and can be sent.
/// ```cpp
/// if (endpoint.status() == brtc::connection_status::connected) ...
/// switch (endpoint.status().value()) { case brtc::connection_status::connected: ...
/// ```
/// A value type: distinct objects may be used from distinct threads at once.
/// \tparam Enum `endpoint_type`, `endpoint_direction` or `connection_status`.
template <class Enum>
class open_enum {
public:
    /// Unknown, without a text.
    open_enum() noexcept = default;

    /// A known value. Implicit, so that an enumerator can be passed and compared.
    open_enum(Enum value) noexcept : value_(value) {}

    /// Reads a name in any case. One that is not known is `unknown`, and is kept as it is.
    explicit open_enum(std::string_view text);

    /// The value, or `unknown`.
    [[nodiscard]] Enum value() const noexcept { return value_; }

    /// The service's name of a known value, otherwise the text as it was given. This is what a request sends.
    /// Valid while the object lives.
    [[nodiscard]] std::string_view text() const noexcept {
        return value_ == Enum::unknown ? std::string_view(text_) : to_string(value_);
    }

    /// Whether the values are equal; unknown ones with different texts are different.
    friend bool operator==(const open_enum&, const open_enum&) noexcept = default;
    /// For formatters.
    friend std::string_view formatted_text(const open_enum& value) noexcept { return value.text(); }

private:
    Enum value_ = Enum::unknown;
    std::string text_; // only of an unknown value
};

} // namespace bandwidth::webrtc::brtc
