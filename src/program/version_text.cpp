#include "program/version_text.hpp"

#include <bandwidth/webrtc/version.hpp>

#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <boost/version.hpp>

namespace bandwidth::webrtc::program {

std::string version_text(std::string_view name) {
    std::string text(name);
    text.append(" ").append(version_string).append("\n");
    if (!git_revision().empty())
        text.append("git revision ").append(git_revision()).append("\n");
    text.append("Boost ")
        .append(std::to_string(BOOST_VERSION / 100'000))
        .append(".")
        .append(std::to_string(BOOST_VERSION / 100 % 1'000))
        .append(".")
        .append(std::to_string(BOOST_VERSION % 100))
        .append("\n");
    text.append(OpenSSL_version(OPENSSL_VERSION)).append(", compiled with " OPENSSL_VERSION_STR "\n");
    text.append(
        "compiled by "
#ifdef __clang__
        "clang " __clang_version__
#else
        "g++ " __VERSION__
#endif
    );
    return text;
}

} // namespace bandwidth::webrtc::program
