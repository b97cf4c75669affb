#include "loopback/brtc_json.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <iterator>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/url/parse.hpp>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "loopback/json_codec.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

namespace json = boost::json;

constexpr std::size_t max_endpoint_tag = 1024;

/// The errors of the OpenAPI description's examples.
struct documented_error {
    int status;
    const char* type;
    const char* description;
    const char* source_kind;
    const char* source_name;
};

constexpr documented_error documented_errors[] = {
    {400, "invalid_parameter", "The request is invalid.", "", ""},
    {401, "unauthorized", "The provided credentials are not authorized to access this resource.", "header",
     "Authorization"},
    {403, "forbidden", "The provided credentials are not authorized to access this resource.", "header",
     "Authorization"},
    {404, "resource_not_found", "The requested resource was not found.", "", ""},
    {405, "method_not_allowed", "The requested method is not allowed on this resource.", "", ""},
    {415, "unsupported_media_type", "The provided media type is not supported.", "header", "Content-Type"},
    // The only example is too_many_endpoints, which a limit of requests is not.
    {429, "too_many_requests", "Too many requests.", "", ""},
    {500, "service_unavailable", "The service is currently unavailable.", "", ""},
};

const documented_error& error_for(int status) {
    for (const auto& known : documented_errors)
        if (known.status == status)
            return known;
    return status < 500 ? documented_errors[0] : documented_errors[std::size(documented_errors) - 1];
}

[[noreturn]] void refuse_field(const char* name, const char* what) {
    throw bad_brtc_request(std::string(name) + ' ' + what, {"field", name});
}

std::optional<std::string> find_field(const json::object& object, const char* name) {
    const json::value* const found = object.if_contains(name);
    if (found == nullptr)
        return std::nullopt;
    if (!found->is_string())
        refuse_field(name, "must be a string");
    return std::string(found->get_string().data(), found->get_string().size());
}

std::string find_choice(const json::object& object, const char* name,
                        std::initializer_list<std::string_view> choices) {
    auto chosen = find_field(object, name);
    if (!chosen)
        refuse_field(name, "is required");
    for (const auto choice : choices)
        if (*chosen == choice)
            return std::move(*chosen);
    refuse_field(name, "has an unknown value");
}

std::optional<std::string> find_url(const json::object& object, const char* name) {
    auto url = find_field(object, name);
    if (!url)
        return url;
    const auto read = boost::urls::parse_uri(*url);
    const bool good =
        read.has_value() && (read->scheme() == "http" || read->scheme() == "https") && !read->host().empty();
    if (!good)
        refuse_field(name, "must be an http or https URL");
    return url;
}

} // namespace

bad_brtc_request::bad_brtc_request(const std::string& description, error_source source)
    : std::runtime_error(description), source_(std::move(source)) {}

void set_brtc_error(http_response& response, int status, std::string_view description,
                    const error_source& source) {
    const auto& known = error_for(status);
    response.status = status;
    response.content_type = "application/json";
    response.body = R"({"links":[],"data":null,"errors":[{)";
    add_json_field("id", response.request_id, response.body);
    add_json_field("type", known.type, response.body);
    add_json_field("description", description.empty() ? known.description : description, response.body);
    add_json_field("code", std::to_string(status), response.body);
    const std::string_view kind = source.kind.empty() ? known.source_kind : std::string_view(source.kind);
    if (!kind.empty()) {
        response.body += ",\"source\":{";
        add_json_field(kind, source.kind.empty() ? known.source_name : std::string_view(source.name),
                       response.body);
        response.body += '}';
    }
    response.body += "}]}";
}

void set_too_many_endpoints(http_response& response, std::chrono::seconds wait) {
    response.status = 429;
    response.extra_headers += "Retry-After: " + std::to_string(wait.count()) + "\r\n";
    // As in the example, which has neither id nor code.
    response.body = R"({"links":[],"data":null,"errors":[{"type":"too_many_endpoints","description":)"
                    R"("Too many endpoints. Please delete an existing endpoint or wait 24 hours for an )"
                    R"(endpoint to be removed."}]})";
}

endpoint_settings read_endpoint_request(std::string_view body) {
    boost::system::error_code error;
    const json::value parsed = json::parse(json::string_view(body.data(), body.size()), error);
    if (error)
        throw bad_brtc_request("The request body is not valid JSON.", {});
    if (!parsed.is_object())
        throw bad_brtc_request("The request body must be an object.", {});
    const auto& object = parsed.get_object();
    endpoint_settings settings;
    settings.type = find_choice(object, "type", {"WEBRTC"});
    settings.direction = find_choice(object, "direction", {"INBOUND", "OUTBOUND", "BIDIRECTIONAL"});
    settings.callback_url = find_url(object, "eventCallbackUrl");
    settings.fallback_url = find_url(object, "eventFallbackUrl");
    settings.tag = find_field(object, "tag");
    if (settings.tag && webrtc::detail::count_code_points(*settings.tag) > max_endpoint_tag)
        refuse_field("tag", "must be at most 1024 characters");
    const json::value* const metadata = object.if_contains("connectionMetadata");
    if (metadata != nullptr && !metadata->is_object())
        refuse_field("connectionMetadata", "must be an object");
    return settings;
}

bool begins_like_xml(std::string_view body) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (body.starts_with(byte_order_mark))
        body.remove_prefix(byte_order_mark.size());
    body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
    if (body.size() < 3 || body.front() != '<' || body.find('>') == std::string_view::npos)
        return false;
    const char second = webrtc::detail::to_lower(body[1]);
    return (second >= 'a' && second <= 'z') || second == '_' || second == '?' || second == '!';
}

void write_iso8601(date moment, std::string& out) {
    namespace chrono = std::chrono;
    const auto day = chrono::floor<chrono::days>(moment);
    const chrono::year_month_day calendar(day);
    const chrono::hh_mm_ss time(chrono::floor<chrono::milliseconds>(moment - day));
    std::array<char, 64> text{};
    const int size = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(calendar.year()),
        static_cast<unsigned>(calendar.month()), static_cast<unsigned>(calendar.day()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    out.append(text.data(), static_cast<std::size_t>(size));
}

void write_endpoint_fields(const endpoint_record& endpoint, std::string& out) {
    std::string moment;
    add_json_field("endpointId", endpoint.id, out);
    add_json_field("type", endpoint.settings.type, out);
    add_json_field("status", endpoint.connected() ? "CONNECTED" : "DISCONNECTED", out);
    write_iso8601(endpoint.created, moment);
    add_json_field("creationTimestamp", moment, out);
    moment.clear();
    write_iso8601(endpoint.created + endpoint_store::lifetime, moment);
    add_json_field("expirationTimestamp", moment, out);
    if (endpoint.settings.tag)
        add_json_field("tag", *endpoint.settings.tag, out);
}

void write_device(const device_record& device, std::string& out) {
    std::string moment;
    out += '{';
    add_json_field("deviceId", device.id, out);
    if (!device.name.empty())
        add_json_field("deviceName", device.name, out);
    add_json_field("status", device.connected ? "CONNECTED" : "DISCONNECTED", out);
    write_iso8601(device.created, moment);
    add_json_field("creationTimestamp", moment, out);
    out += '}';
}

void write_devices(const endpoint_record& endpoint, std::string& out) {
    out += ",\"devices\":[";
    for (const auto& device : endpoint.devices) {
        if (out.back() != '[')
            out += ',';
        write_device(device, out);
    }
    out += ']';
}

void write_link(std::string_view href, std::string_view relation, std::string& out) {
    out += '{';
    add_json_field("href", href, out);
    add_json_field("rel", relation, out);
    add_json_field("method", "GET", out);
    out += '}';
}

} // namespace bandwidth::webrtc::testing::detail
