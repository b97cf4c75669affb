#include "transport/public_key_pin.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::size_t base64_size = 44; // of 32 bytes, with one '=' at the end

} // namespace

std::optional<public_key_hash> parse_public_key_pin(std::string_view base64) {
    if (base64.size() != base64_size)
        return std::nullopt;
    std::array<unsigned char, 33> decoded{}; // EVP_DecodeBlock writes a zero for the '='
    const auto* const text = reinterpret_cast<const unsigned char*>(base64.data());
    if (EVP_DecodeBlock(decoded.data(), text, static_cast<int>(base64.size())) !=
        static_cast<int>(decoded.size()))
        return std::nullopt;
    // It takes white space, a missing '=' and stray bits in the last digit too: the way back tells.
    std::array<unsigned char, base64_size + 1> again{};
    EVP_EncodeBlock(again.data(), decoded.data(), static_cast<int>(public_key_hash().size()));
    if (!std::equal(base64.begin(), base64.end(), again.begin(),
                    [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; }))
        return std::nullopt;
    public_key_hash hash{};
    std::copy_n(decoded.begin(), hash.size(), hash.begin());
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
