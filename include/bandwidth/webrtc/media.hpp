#pragma once

namespace bandwidth::webrtc {

/// A set of media kinds, as a bit mask: `media::audio | media::video`. On the wire it is a list of "AUDIO"
/// and "VIDEO" whose order has no meaning (OpenAPI: publishPermissionsEnum).
enum class media : unsigned {
    none = 0,  ///< no media
    audio = 1, ///< "AUDIO"
    video = 2, ///< "VIDEO"
};

/// The kinds in either set.
[[nodiscard]] constexpr media operator|(media a, media b) noexcept {
    return static_cast<media>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/// The kinds in both sets.
[[nodiscard]] constexpr media operator&(media a, media b) noexcept {
    return static_cast<media>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

/// The kinds in exactly one of the sets.
[[nodiscard]] constexpr media operator^(media a, media b) noexcept {
    return static_cast<media>(static_cast<unsigned>(a) ^ static_cast<unsigned>(b));
}

/// The known kinds that are not in the set: of `media::audio` it gives `media::video`.
[[nodiscard]] constexpr media operator~(media set) noexcept { return set ^ (media::audio | media::video); }

/// Adds the kinds of `b` to `a`.
constexpr media& operator|=(media& a, media b) noexcept { return a = a | b; }

/// Keeps in `a` only the kinds that `b` has too.
constexpr media& operator&=(media& a, media b) noexcept { return a = a & b; }

/// Keeps in `a` the kinds in exactly one of both.
constexpr media& operator^=(media& a, media b) noexcept { return a = a ^ b; }

/// Whether every kind of `wanted` is in `set`. True for `media::none`.
[[nodiscard]] constexpr bool contains(media set, media wanted) noexcept { return (set & wanted) == wanted; }

} // namespace bandwidth::webrtc
