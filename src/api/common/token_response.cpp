#include "api/common/token_response.hpp"

#include <algorithm>
#include <bandwidth/webrtc/result.hpp>
#include <charconv>
#include <utility>

#include "api/common/json_reader.hpp"
#include "core/ascii.hpp"
#include "core/clean_text.hpp"
#include "core/percent_encoding.hpp"
#include "core/redact.hpp"
#include "policy/retry_after.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::size_t longest_error_code = 64;
constexpr std::size_t longest_description = 256;

struct token_fields {
    std::string access_token;
    std::string token_type;
    std::string expires_in;
    std::string error;
    std::string error_description;
};

template <auto Member>
using token_member = json_member<Member>;

constexpr json_field fields_of_token[] = {
    token_member<&token_fields::access_token>::text("access_token"),
    token_member<&token_fields::token_type>::text("token_type", json_form::scalar),
    token_member<&token_fields::expires_in>::text("expires_in", json_form::scalar),
    token_member<&token_fields::error>::text("error", json_form::scalar),
    token_member<&token_fields::error_description>::text("error_description", json_form::scalar),
};
constexpr json_shape shape_of_token = {fields_of_token, nullptr, nullptr};

failure failed_with(errc code, int status, std::string text, std::string service_code = {}) {
    failure_state state;
    state.code = code;
    state.message = "token endpoint: HTTP " + std::to_string(status) + ": " + std::move(text);
    state.service_code = std::move(service_code);
    return failure(std::move(state));
}

// A number of seconds, also one with a fraction, which is cut off. None for what is no number, or not over 0.
std::optional<std::chrono::seconds> read_life(std::string_view text) {
    long long seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool is_number = end == text.data() + text.size() || (end != text.data() && *end == '.');
    if (error != std::errc() || !is_number || seconds <= 0)
        return std::nullopt;
    constexpr long long longest = 100LL * 365 * 24 * 3600;
    return std::chrono::seconds(std::min(seconds, longest));
}

token_response no_token(const received_token_response& received, std::string text) {
    token_response result;
    result.why = failed_with(errc::token_failed, received.status, std::move(text));
    result.final = true;
    return result;
}

token_response read_success(const received_token_response& received, token_fields&& fields,
                            const std::optional<std::string>& problem) {
    if (problem)
        return no_token(received, *problem);
    if (fields.access_token.empty())
        return no_token(received, "the response has no access_token");
    if (!is_bearer_token(fields.access_token))
        return no_token(received, "the access_token has a character that none has");
    if (!fields.token_type.empty() && !equals_ignoring_case(fields.token_type, "bearer"))
        return no_token(received, "the token_type is not Bearer");
    if (fields.expires_in.empty())
        return no_token(received, "the response has no expires_in");
    const auto life = read_life(fields.expires_in);
    if (!life)
        return no_token(received, "the expires_in is not a number of seconds over 0");
    token_response result;
    result.token = std::move(fields.access_token);
    result.life = *life;
    return result;
}

} // namespace

bool is_bearer_token(std::string_view text) noexcept {
    const auto end = text.find_last_not_of('=');
    return end != std::string_view::npos &&
           std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end) + 1, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      std::string_view("-._~+/").find(c) != std::string_view::npos;
           });
}

token_response read_token_response(const received_token_response& received,
                                   const std::vector<std::string>& secrets) {
    token_fields fields;
    const auto root = json_root<token_fields>("token response", &shape_of_token);
    const auto problem = read_json(received.body, root, &fields);
    if (received.status >= 200 && received.status < 300)
        return read_success(received, std::move(fields), problem);
    const auto clean = [&secrets](const std::string& text, std::size_t size) {
        return clean_text(redact_values(redact_tokens(text), secrets), size);
    };
    const auto code = problem ? std::string() : clean(fields.error, longest_error_code);
    auto text = code;
    if (!problem && !fields.error_description.empty())
        text += (text.empty() ? "" : ": ") + clean(fields.error_description, longest_description);
    if (text.empty())
        text = received.status >= 300 && received.status < 400 ? "a redirect, which is not followed"
                                                               : "no error code of OAuth";
    token_response result;
    // RFC 6749, section 5.2: 400, and 401 where the client is not authenticated. Others have 403 for that.
    result.wrong_secret = code == "invalid_client" || received.status == 401 || received.status == 403;
    result.final = received.status < 500 && received.status != 408 && received.status != 429;
    result.why = failed_with(result.final ? errc::token_refused : errc::token_failed, received.status,
                             std::move(text), code);
    if (!received.retry_after.empty())
        result.retry_after =
            parse_retry_after(received.retry_after, received.date,
                              std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    return result;
}

std::string token_request_body(std::string_view scope) {
    std::string body = "grant_type=client_credentials";
    if (!scope.empty()) {
        body += "&scope=";
        append_path_segment(body, scope); // all but unreserved characters is encoded, a space as %20
    }
    return body;
}

} // namespace bandwidth::webrtc::detail
