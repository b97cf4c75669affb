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

std::optional<std::string> validate_url(std::string_view field, std::string_view url) {
    return url.empty() ? problem(field, "is empty") : validate_text(field, url, url.size());
}

} // namespace bandwidth::webrtc::detail
