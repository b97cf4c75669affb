#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc {

/// Which version of the device API (the signalling between a browser and Bandwidth) a participant uses.
///
/// Behaves like an enumeration that cannot fail to decode: a version that this library does not know keeps
/// its text.
/// ```cpp
/// if (version == webrtc::device_api_version::v3) ...
/// switch (version.value()) { case webrtc::device_api_version::v2: ...
/// ```
/// The service has written the versions in lower and in upper case; both are read. OpenAPI 2.0.0 names V3
/// only. A value type: distinct objects may be used from distinct threads at once.
class device_api_version {
public:
    /// The versions with a name.
    enum known_version : unsigned char {
        unknown, ///< anything else; see `text()`
        v2,      ///< "V2", no longer offered by Bandwidth since August 2022
        v3,      ///< "V3"
    };

    /// An unknown version without a text. A request does not send it.
    device_api_version() noexcept = default;

    /// A known version, or for `unknown` the same as the default. Implicit, so that `device_api_version::v3`
    /// can be passed and compared.
    device_api_version(known_version version);

    /// Reads a version in either case: "v3" and "V3" are `v3`; another text is `unknown` and is kept.
    explicit device_api_version(std::string_view text);

    /// The version, or `unknown`.
    [[nodiscard]] known_version value() const noexcept;

    /// "V2" or "V3" when known, otherwise the text as it was given. This is what a request sends.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// Whether the texts are equal; unknown versions with different texts are different.
    friend bool operator==(const device_api_version&, const device_api_version&) noexcept = default;

private:
    std::string text_;
};

} // namespace bandwidth::webrtc
