#include "api/common/error_body.hpp"

#include <algorithm>
#include <array>
#include <span>

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

extern const json_shape shape_of_findings, shape_of_one;

void* same(void* model) { return model; }

// Makes place for an error of the list. Those behind the first `max_errors` share a place, which nobody
// reads, so that a body of many takes no more memory than one of few.
findings& next_error(void* model) {
    auto& list = static_cast<findings*>(model)->list;
    if (list.size() <= max_errors)
        return list.emplace_back();
    return list.back() = findings();
}

// A field of these, which keeps its first text. Objects and arrays are looked into, so that
// {"error": {"message": ...}} gives its message too.
template <std::string findings::*Place>
constexpr json_field found(std::string_view name, const json_shape& inside) {
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
            &inside};
}

constexpr json_field source_fields[] = {
    found<&findings::parameter>("parameter", shape_of_one),
    found<&findings::field>("field", shape_of_one),
    found<&findings::header>("header", shape_of_one),
    found<&findings::reference>("reference", shape_of_one),
};
constexpr json_shape shape_of_source = {source_fields, nullptr, nullptr};

constexpr auto finding_fields(const json_shape& inside) {
    return std::array{
        found<&findings::error>("error", inside),
        found<&findings::message>("message", inside),
        found<&findings::message>("Message", inside),
        found<&findings::description>("description", inside),
        found<&findings::request_id>("requestId", inside),
        found<&findings::request_id>("request_id", inside),
        found<&findings::code>("code", inside),
        found<&findings::id>("id", inside),
        found<&findings::type>("type", inside),
        json_field{"source", json_form::anything, nullptr, [](void*, std::string_view) { return true; }, same,
                   &shape_of_source},
    };
}

// An error of the list. Its own errors, if it has any, are skipped.
constexpr auto fields_of_one = finding_fields(shape_of_one);
constexpr json_shape shape_of_one = {fields_of_one, nullptr, nullptr};

constexpr auto fields_of_findings = [] {
    constexpr auto common = finding_fields(shape_of_findings);
    std::array<json_field, common.size() + 1> all{};
    std::copy(common.begin(), common.end(), all.begin());
    all.back() = {"errors",
                  json_form::anything,
                  nullptr,
                  [](void* model, std::string_view text) {
                      next_error(model).message = text;
                      return true;
                  },
                  [](void* model) -> void* { return &next_error(model); },
                  &shape_of_one};
    return all;
}();
constexpr json_shape shape_of_findings = {fields_of_findings, nullptr, nullptr};

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
    static_cast<void>(read_json(body, found<&findings::message>("error body", shape_of_findings), &all));
    error_body result;
    result.message = message_of(all, redacted);
    result.request_id = clean_text(redacted(all.request_id), max_request_id);
    result.code = clean_text(redacted(all.code), max_code);
    const auto take = [&](const findings& one) {
        auto error = read_service_error(one, redacted);
        if (error != service_error())
            result.errors.push_back(std::move(error));
    };
    for (const auto& one : std::span(all.list).first(std::min(all.list.size(), max_errors))) {
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
