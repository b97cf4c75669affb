#include "api/common/error_body.hpp"

#include "api/common/json_reader.hpp"
#include "core/ascii.hpp"
#include "core/clean_text.hpp"
#include "core/utf8.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::size_t max_message = 256;
constexpr std::size_t max_request_id = 128;
constexpr std::size_t max_code = 64;
// Longer strings are not worth unescaping: what is kept of them is far shorter.
constexpr std::size_t max_body = 64 * 1024;

std::string_view trim_front(std::string_view text) noexcept {
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

// What the JSON holds, by the name of the field.
struct findings {
    std::string error;
    std::string message;
    std::string description;
    std::string request_id;
    std::string code;
    std::string ignored; // what stands in a list itself
};

extern const json_shape shape_of_findings;

void* same(void* model) { return model; }

// A field of these, which keeps its first text. Objects and arrays are looked into, so that
// {"error": {"message": ...}} and {"errors": [{...}]} give their message too.
template <std::string findings::*Place>
constexpr json_field found(std::string_view name) {
    return {name,
            json_form::anything,
            nullptr,
            [](void* model, std::string_view text) {
                std::string& place = static_cast<findings*>(model)->*Place;
                if (place.empty())
                    place = text;
                return true;
            },
            same,
            &shape_of_findings};
}

constexpr json_field finding_fields[] = {
    found<&findings::error>("error"),
    found<&findings::message>("message"),
    found<&findings::message>("Message"),
    found<&findings::description>("description"),
    found<&findings::request_id>("requestId"),
    found<&findings::request_id>("request_id"),
    found<&findings::code>("code"),
    found<&findings::ignored>("errors"),
};

constexpr json_shape shape_of_findings = {finding_fields, nullptr, nullptr};

using redaction = std::function<std::string(std::string_view)>;

error_body parse_json(std::string_view body, const redaction& redacted) {
    findings all;
    // A bare string, or the strings of a bare array, count as the message. A JSON text that is cut off or
    // otherwise broken gives what stood before the break.
    static_cast<void>(read_json(body, found<&findings::message>("error body"), &all));
    error_body result;
    for (const std::string* text : {&all.error, &all.message, &all.description}) {
        result.message = clean_text(redacted(*text), max_message);
        if (!result.message.empty())
            break;
    }
    result.request_id = clean_text(redacted(all.request_id), max_request_id);
    result.code = clean_text(redacted(all.code), max_code);
    return result;
}

std::string first_line(const std::string& body) {
    const auto line = std::string_view(body).substr(0, body.find_first_of("\r\n"));
    // A compressed or encrypted body is no message.
    if (!count_code_points(line) || line.find('\0') != std::string_view::npos)
        return {};
    return clean_text(line, max_message);
}

} // namespace

error_body parse_error_body(std::string_view body, std::string_view content_type, const redaction& redacted) {
    const std::string_view text = trim_front(body.substr(0, max_body));
    if (text.empty() || text == "null")
        return {};
    if (text.front() == '{' || text.front() == '[' || text.front() == '"')
        return parse_json(text, redacted);
    if (text.front() == '<' || starts_with_ignoring_case(content_type, "text/html"))
        return {};
    error_body result;
    result.message = first_line(redacted(text));
    return result;
}

} // namespace bandwidth::webrtc::detail
