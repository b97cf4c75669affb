#include "transport/public_key_pin.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "core/base64.hpp"

namespace bandwidth::webrtc::detail {

std::optional<public_key_hash> parse_public_key_pin(std::string_view text) {
    auto rest = text;
    const auto bytes = decode_base64(rest, base64::standard);
    public_key_hash hash{};
    // The way back tells of anything else in the text: white space, no '=', stray bits in the last digit.
    if (bytes.size() != hash.size() || encode_base64(bytes) != text)
        return std::nullopt;
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
}

std::optional<public_key_hash> public_key_of(X509* certificate) noexcept {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size <= 0)
        return std::nullopt;
    public_key_hash hash{};
    const int done =
        EVP_Digest(der, static_cast<std::size_t>(size), hash.data(), nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    return done == 1 ? std::optional(hash) : std::nullopt;
}

} // namespace bandwidth::webrtc::detail
