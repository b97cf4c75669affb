#include "api/common/error_body.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/clean_text.hpp"
#include "core/redact.hpp"
#include "core/utf8.hpp"
#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

using namespace bandwidth::webrtc::detail;

void check_line(const std::string& text, std::size_t most) {
    require(text.size() <= most, "a text within its bound");
    require(count_code_points(text).has_value(), "a text in UTF-8");
    require(std::none_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
            "a text without control characters");
}

} // namespace

void error_body(std::string_view input) {
    constexpr std::array<std::string_view, 4> types = {"application/json", "text/html", "text/plain", ""};
    decisions choose(input);
    const auto flavour = choose.byte();
    const auto text = choose.rest();
    const auto body = parse_error_body(text, types[flavour % types.size()]);
    check_line(body.message, 256);
    check_line(body.request_id, 128);
    require(body.errors.size() <= 16, "not too many errors");
    for (const auto& one : body.errors)
        for (const auto* const part : {&one.id(), &one.type(), &one.description(), &one.code(),
                                       &one.parameter(), &one.field(), &one.header(), &one.reference()})
            check_line(*part, 256);
    check_line(clean_text(text, flavour), flavour);

    const std::string secret = "s3cr\"t-v4lue";
    auto echoed = std::string(text.substr(0, text.size() / 2));
    echoed.append(secret).append(text.substr(text.size() / 2));
    require(redact_values(echoed, {secret}).find(secret) == std::string::npos, "a known secret is redacted");
    const auto bare = redact_tokens(text);
    require(bare.size() <= 4 * text.size() + 16, "redaction does not blow up");
    require(bare.find("eyJhbGciOi") == std::string::npos || text.find("eyJhbGciOi") != std::string::npos,
            "redaction adds nothing");
    std::vector<std::string> credentials;
    append_secrets_of_authorization(text, credentials);
    for (const auto& one : credentials)
        require(one.size() <= text.size() + 1, "a secret is a part");
    std::vector<std::string> headers;
    append_secrets_of_headers(text, headers);
}

} // namespace fuzz
