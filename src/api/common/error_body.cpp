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

constexpr std::size_t max_errors = 16;

// What the JSON, or one of its errors, holds, by the name of the field.
struct findings {
    std::string error, message, description, request_id, code;
    std::string id, type, parameter, field, header, reference;
    std::vector<findings> list;
};

extern const json_shape shape_of_findings;

void* same(void* model) { return model; }

// A field of these, which keeps its first text. Objects and arrays are looked into, so that
// {"error": {"message": ...}} gives its message too.
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

constexpr json_field source_fields[] = {
    found<&findings::parameter>("parameter"),
    found<&findings::field>("field"),
    found<&findings::header>("header"),
    found<&findings::reference>("reference"),
};
constexpr json_shape shape_of_source = {source_fields, nullptr, nullptr};

constexpr json_field finding_fields[] = {
    found<&findings::error>("error"),
    found<&findings::message>("message"),
    found<&findings::message>("Message"),
    found<&findings::description>("description"),
    found<&findings::request_id>("requestId"),
    found<&findings::request_id>("request_id"),
    found<&findings::code>("code"),
    found<&findings::id>("id"),
    found<&findings::type>("type"),
    {"source", json_form::anything, nullptr, [](void*, std::string_view) { return true; }, same,
     &shape_of_source},
    // Those of an error's own errors are in that error, so that its place stays where it is.
    {"errors", json_form::anything, nullptr,
     [](void* model, std::string_view text) {
         static_cast<findings*>(model)->list.emplace_back().message = text;
         return true;
     },
     [](void* model) -> void* { return &static_cast<findings*>(model)->list.emplace_back(); },
     &shape_of_findings},
};

constexpr json_shape shape_of_findings = {finding_fields, nullptr, nullptr};

using redaction = std::function<std::string(std::string_view)>;

std::string message_of(const findings& from, const redaction& redacted) {
    std::string text;
    for (const std::string* each : {&from.error, &from.message, &from.description})
        if (text.empty())
            text = clean_text(redacted(*each), max_message);
    return text;
}

service_error read_service_error(const findings& from, const redaction& redacted) {
    const auto fit = [&redacted](const std::string& text, std::size_t most) {
        return clean_text(redacted(text), most);
    };
    return service_error()
        .id(fit(from.id, max_request_id))
        .type(fit(from.type, max_code))
        .description(message_of(from, redacted))
        .code(fit(from.code, max_code))
        .parameter(fit(from.parameter, max_message))
        .field(fit(from.field, max_message))
        .header(fit(from.header, max_message))
        .reference(fit(from.reference, max_message));
}

error_body parse_json(std::string_view body, const redaction& redacted) {
    findings all;
    // A bare string, or the strings of a bare array, count as the message. A JSON text that is cut off or
    // otherwise broken gives what stood before the break.
    static_cast<void>(read_json(body, found<&findings::message>("error body"), &all));
    error_body result;
    result.message = message_of(all, redacted);
    result.request_id = clean_text(redacted(all.request_id), max_request_id);
    result.code = clean_text(redacted(all.code), max_code);
    const auto take = [&](const findings& one) {
        auto error = read_service_error(one, redacted);
        if (error != service_error())
            result.errors.push_back(std::move(error));
    };
    for (const auto& one : all.list) {
        if (result.errors.size() == max_errors)
            break;
        take(one);
        if (result.request_id.empty())
            result.request_id = clean_text(redacted(one.request_id), max_request_id);
    }
    result.has_list = !result.errors.empty();
    if (!result.has_list)
        take(all);
    for (const auto& one : result.errors) {
        if (result.message.empty())
            result.message = one.description();
        if (result.code.empty())
            result.code = one.code();
    }
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
    if (!result.message.empty())
        result.errors.push_back(service_error().description(result.message));
    return result;
}

} // namespace bandwidth::webrtc::detail
