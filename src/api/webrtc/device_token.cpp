#include <bandwidth/webrtc/device_token.hpp>
#include <charconv>
#include <cstdint>
#include <ostream>

#include "api/common/json_reader.hpp"
#include "core/base64.hpp"

namespace bandwidth::webrtc {

namespace detail {

namespace {

constexpr std::size_t max_token_bytes = 16 * 1024;
// 2261-12-31T00:00:00Z: see device_token_claims::expires_at.
constexpr std::int64_t max_expiry_seconds = 9'214'560'000;

// RFC 7515 section 2: base64url without padding.
std::optional<std::string> decode_base64url(std::string_view text) {
    if (text.size() % 4 == 1)
        return std::nullopt;
    auto bytes = decode_base64(text, base64::url);
    if (!text.empty())
        return std::nullopt;
    return bytes;
}

// The whole seconds of a JSON number, or nothing when it is negative, too large or has an exponent.
std::optional<std::chrono::sys_seconds> parse_expiry(std::string_view number) {
    std::int64_t seconds = 0;
    const char* const end = number.data() + number.size();
    const auto [rest, error] = std::from_chars(number.data(), end, seconds);
    const bool whole = rest == end || *rest == '.';
    if (error != std::errc() || !whole || seconds < 0 || seconds > max_expiry_seconds)
        return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

} // namespace

struct device_token_reader {
    using claims = device_token_claims;
    static constexpr json_field fields[] = {
        json_member<&claims::account_>::text("a", json_form::scalar),
        json_member<&claims::participant_id_>::text("p", json_form::scalar),
        json_member<&claims::version_>::text("v", json_form::scalar),
        {"exp", json_form::scalar, nullptr,
         [](void* model, std::string_view text) {
             static_cast<claims*>(model)->expires_at_ = parse_expiry(text);
             return true;
         }},
    };
    static constexpr json_shape shape = {fields, nullptr, nullptr};
};

} // namespace detail

std::ostream& operator<<(std::ostream& stream, const participant_token&) { return stream << "[redacted]"; }

std::optional<device_token_claims> decode_device_token(std::string_view token) {
    if (token.size() > detail::max_token_bytes)
        return std::nullopt;
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos)
        return std::nullopt;
    const auto header = detail::decode_base64url(token.substr(0, first));
    const auto payload = detail::decode_base64url(token.substr(first + 1, second - first - 1));
    const auto signature = detail::decode_base64url(token.substr(second + 1)); // refuses a third dot
    if (!header || header->empty() || !payload || !signature || signature->empty())
        return std::nullopt;
    device_token_claims claims;
    const auto root = detail::json_root<device_token_claims>("claims", &detail::device_token_reader::shape);
    if (detail::read_json(*payload, root, &claims))
        return std::nullopt;
    return claims;
}

std::optional<device_token_claims> decode_device_token(const participant_token& token) {
    return decode_device_token(std::string_view(token.reveal()));
}

} // namespace bandwidth::webrtc
