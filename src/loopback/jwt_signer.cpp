#include "loopback/jwt_signer.hpp"

#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "core/base64.hpp"
#include "loopback/openssl.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

std::string base64url(std::string_view bytes) {
    return webrtc::detail::encode_base64(bytes, webrtc::detail::base64::url);
}

} // namespace

jwt_signer::jwt_signer() : key_(32, '\0') {
    require_openssl(
        RAND_bytes(reinterpret_cast<unsigned char*>(key_.data()), static_cast<int>(key_.size())) == 1,
        "no random bytes");
}

std::string jwt_signer::sign(std::string_view claims) const {
    std::string token = base64url(R"({"alg":"HS256","typ":"JWT"})");
    token += '.';
    token += base64url(claims);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const auto* const signature =
        HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
             reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest, &size);
    require_openssl(signature != nullptr, "cannot sign a token");
    token += '.';
    token += base64url(std::string_view(reinterpret_cast<const char*>(digest), size));
    return token;
}

} // namespace bandwidth::webrtc::testing::detail
