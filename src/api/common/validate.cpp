#include "api/common/validate.hpp"

#include "core/ascii.hpp"
#include "core/percent_encoding.hpp"
#include "core/utf8.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::size_t max_id_bytes = 256;
constexpr std::size_t max_tag_code_points = 50;

std::string problem(std::string_view field, std::string_view what) {
    return std::string(field).append(1, ' ').append(what);
}

} // namespace

std::optional<std::string> validate_id(std::string_view field, std::string_view id) {
    if (id.empty())
        return problem(field, "is empty");
    if (id.size() > max_id_bytes)
        return problem(field, "is longer than 256 bytes");
    if (id.front() != '.' && is_unreserved(id))
        return std::nullopt; // as ids are
    bool only_dots = true;
    for (const char c : id) {
        if (c == '/' || c == '\\')
            return problem(field, "contains a slash or a backslash");
        if (is_control(c))
            return problem(field, "contains a control character");
        only_dots = only_dots && c == '.';
    }
    if (only_dots)
        return problem(field, "consists of dots only");
    return std::nullopt;
}

std::optional<std::string> validate_text(std::string_view field, std::string_view text,
                                         std::size_t max_code_points) {
    const std::optional<std::size_t> length = count_code_points(text);
    if (!length)
        return problem(field, "is not valid UTF-8");
    if (*length > max_code_points)
        return problem(field, "is longer than " + std::to_string(max_code_points) + " characters");
    return std::nullopt;
}

std::optional<std::string> validate_tag(std::string_view tag) {
    return validate_text("tag", tag, max_tag_code_points);
}

std::optional<std::string> validate(const retry_policy& policy) {
    constexpr std::chrono::nanoseconds longest = std::chrono::hours(24);
    const auto out_of_range = [longest](std::chrono::nanoseconds value) {
        return value.count() <= 0 || value > longest;
    };
    if (policy.attempts() < 1 || policy.attempts() > 100)
        return problem("retry", "attempts is " + std::to_string(policy.attempts()) + ", not in 1 to 100");
    if (out_of_range(policy.first_backoff()) || out_of_range(policy.longest_backoff()) ||
        policy.first_backoff() > policy.longest_backoff())
        return problem("retry", "backoff is not in over 0 to 24 h, the first one no longer than the longest");
    if (out_of_range(policy.throttled_backoff()))
        return problem("retry", "throttled_backoff is not in over 0 to 24 h");
    if (policy.longest_retry_after().count() < 0 || policy.longest_retry_after() > longest)
        return problem("retry", "longest_retry_after is not in 0 to 24 h");
    return std::nullopt;
}

} // namespace bandwidth::webrtc::detail
