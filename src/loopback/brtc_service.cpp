#include "loopback/brtc_service.hpp"

#include <algorithm>
#include <chrono>

#include "core/base64.hpp"
#include "core/http_grammar.hpp"
#include "core/percent_encoding.hpp"
#include "loopback/brtc_json.hpp"
#include "loopback/event_json.hpp"
#include "loopback/json_codec.hpp"
#include "loopback/url_text.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

constexpr std::size_t max_page = 1000;

/// A page that a client asks for, as its query tells it.
struct page_request {
    endpoint_query query;
    std::uint64_t number = 0; // 0 for the first page
    std::string filters;      // as they stand in the links, each with a "&" behind it
};

/// Opaque to clients: the number of the page, and of the last endpoint on the page before.
std::string make_cursor(std::uint64_t page, std::uint64_t after) {
    return webrtc::detail::encode_base64(std::to_string(page) + ':' + std::to_string(after));
}

bool read_cursor(std::string_view text, page_request& page) {
    const auto decoded = webrtc::detail::decode_base64(text, webrtc::detail::base64::standard);
    const auto colon = decoded.find(':');
    return text.find_first_not_of('=') == std::string_view::npos && colon != std::string::npos &&
           webrtc::detail::read_number(std::string_view(decoded).substr(0, colon), page.number) &&
           webrtc::detail::read_number(std::string_view(decoded).substr(colon + 1), page.query.after);
}

void read_parameter(const std::string& name, const std::string& value, page_request& page) {
    bool good = true;
    if (name == "type") {
        good = value == "WEBRTC";
        page.filters += "type=WEBRTC&";
    } else if (name == "status") {
        good = value == "CONNECTED" || value == "DISCONNECTED";
        page.query.connected = value == "CONNECTED";
        page.filters += "status=" + value + '&';
    } else if (name == "limit") {
        good = webrtc::detail::read_number(value, page.query.limit) && page.query.limit >= 1 &&
               page.query.limit <= max_page;
    } else if (name == "afterCursor") {
        good = read_cursor(value, page);
    }
    if (!good)
        throw bad_brtc_request(name + " has an invalid value.", {"parameter", name});
}

page_request read_page_request(std::string_view query) {
    const auto parameters = parse_form(query);
    if (!parameters)
        throw bad_brtc_request("The query is malformed.", {});
    page_request page;
    for (const auto& [name, value] : *parameters)
        read_parameter(name, value, page);
    return page;
}

bool is_account_number(std::string_view account) {
    return account.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Without a type, the right one is taken for granted.
bool has_documented_type(operation wanted, std::string_view content_type) {
    if (content_type.empty())
        return true;
    if (wanted == operation::create_endpoint)
        return is_media_type(content_type, "application/json");
    return wanted != operation::update_endpoint_bxml || is_media_type(content_type, "application/xml");
}

} // namespace

brtc_service::brtc_service(const loopback_options& options, const emulated_clock& clock, admission& admitted)
    : clock_(clock)
    , admission_(admitted)
    , max_endpoints_(options.max_endpoints())
    , event_format_(options.endpoint_events()) {}

void brtc_service::handle(const route& asked, const http_request& request, http_response& response) {
    if (!admission_.authorized(request.authorization)) {
        set_brtc_error(response, 401);
    } else if (asked.wanted == operation::unknown) {
        set_brtc_error(response, 404, {}, {"reference", std::string(path_of(request.target))});
    } else if (asked.wanted == operation::malformed) {
        set_brtc_error(response, 400, "The request path is malformed.");
    } else if (!is_account_number(asked.account) && asked.account != admission_.account()) {
        set_brtc_error(response, 400, "accountId must not contain any characters other than numbers.",
                       {"parameter", "accountId"});
    } else if (asked.account != admission_.account()) {
        set_brtc_error(response, 403);
    } else if (asked.wanted == operation::wrong_method) {
        set_brtc_error(response, 405);
        response.extra_headers.append("Allow: ").append(asked.allowed).append("\r\n");
    } else if (const auto wait = admission_.throttled()) {
        set_brtc_error(response, 429);
        response.extra_headers += "Retry-After: " + std::to_string(wait->count()) + "\r\n";
    } else if (!has_documented_type(asked.wanted, request.content_type)) {
        set_brtc_error(response, 415);
    } else {
        const std::lock_guard lock(mutex_);
        end_expired();
        try {
            run(asked, request, response);
        } catch (const bad_brtc_request& refused) {
            set_brtc_error(response, 400, refused.what(), refused.source());
        }
    }
}

void brtc_service::run(const route& asked, const http_request& request, http_response& response) {
    if (asked.wanted == operation::create_endpoint) {
        create(request, response);
        return;
    }
    if (asked.wanted == operation::list_endpoints) {
        list(request, response);
        return;
    }
    endpoint_record* const endpoint = store_.find(asked.endpoint);
    if (endpoint == nullptr) {
        set_brtc_error(response, 404, {}, {"reference", asked.endpoint});
        return;
    }
    if (asked.wanted == operation::get_endpoint) {
        get(*endpoint, response);
        return;
    }
    response.status = 204;
    if (asked.wanted == operation::delete_endpoint) {
        remove(*endpoint);
        return;
    }
    if (!begins_like_xml(request.body))
        throw bad_brtc_request("The request body is not valid XML.", {});
    endpoint->bxml = request.body;
}

void brtc_service::create(const http_request& request, http_response& response) {
    auto settings = read_endpoint_request(request.body);
    const auto now = clock_.now();
    if (max_endpoints_ > 0 && store_.count(std::nullopt) >= max_endpoints_) {
        set_too_many_endpoints(response, std::chrono::ceil<std::chrono::seconds>(store_.oldest()->end - now));
        return;
    }
    const auto& made = store_.create(std::move(settings), now, clock_.date());
    auto& out = response.body;
    response.status = 201;
    out = "{\"links\":[";
    write_link(url_of(made), "endpoint", out);
    out += "],\"data\":{";
    write_endpoint_fields(made, out);
    write_devices(made, out);
    add_json_field("token", signer_.sign(claims_of(made)), out);
    out += "},\"errors\":[]}";
}

void brtc_service::get(endpoint_record& endpoint, http_response& response) {
    auto& out = response.body;
    out = "{\"links\":[";
    write_link(url_of(endpoint), "self", out);
    out += "],\"data\":{";
    write_endpoint_fields(endpoint, out);
    write_devices(endpoint, out);
    out += "},\"errors\":[]}";
}

void brtc_service::list(const http_request& request, http_response& response) {
    const auto page = read_page_request(query_of(request.target));
    const auto limit = page.query.limit;
    auto found = store_.list(page.query);
    const bool more = found.size() > limit;
    found.resize(std::min(found.size(), limit));
    const auto url = endpoints_url() + '?' + page.filters + "limit=" + std::to_string(limit);
    auto& out = response.body;
    out = "{\"links\":[";
    const bool is_first = page.query.after == 0;
    write_link(is_first ? url : url + "&afterCursor=" + make_cursor(page.number, page.query.after), "self",
               out);
    if (more) {
        out += ',';
        write_link(url + "&afterCursor=" + make_cursor(page.number + 1, found.back()->number), "next", out);
    }
    const auto total = store_.count(page.query.connected);
    out += "],\"page\":{\"pageSize\":" + std::to_string(limit);
    out += ",\"totalElements\":" + std::to_string(total);
    out += ",\"totalPages\":" + std::to_string((total + limit - 1) / limit);
    out += ",\"pageNumber\":" + std::to_string(page.number);
    out += "},\"data\":[";
    for (const auto* const endpoint : found) {
        out += out.back() == '[' ? "{" : ",{";
        write_endpoint_fields(*endpoint, out);
        out += '}';
    }
    out += "],\"errors\":[]}";
}

void brtc_service::tell(const endpoint_record& endpoint, const device_record& device) const {
    const auto& settings = endpoint.settings;
    if (!on_event_ || !settings.callback_url)
        return;
    const auto now = clock_.date();
    auto body = event_format_ == endpoint_event_format::openapi
                    ? endpoint_event(endpoint, device, now)
                    : endpoint_event_of_webhooks_page(admission_.account(), endpoint, device, now);
    on_event_({*settings.callback_url, settings.fallback_url.value_or(std::string()), std::move(body)});
}

void brtc_service::disconnect(endpoint_record& endpoint, device_record& device) {
    if (!device.connected)
        return;
    store_.disconnect(endpoint, device);
    tell(endpoint, device);
}

void brtc_service::remove(endpoint_record& endpoint) {
    for (auto& device : endpoint.devices)
        disconnect(endpoint, device);
    store_.erase(endpoint);
}

void brtc_service::end_expired() {
    const auto now = clock_.now();
    while (store_.oldest() != nullptr && store_.oldest()->end <= now)
        remove(*store_.oldest());
}

void brtc_service::end_what_is_over() {
    const std::lock_guard lock(mutex_);
    end_expired();
}

std::string brtc_service::connect_device(std::string_view endpoint_id, std::string name) {
    const std::lock_guard lock(mutex_);
    end_expired();
    endpoint_record* const endpoint = store_.find(endpoint_id);
    if (endpoint == nullptr)
        return {};
    const auto& device = store_.connect(*endpoint, std::move(name), clock_.date());
    tell(*endpoint, device);
    return device.id;
}

void brtc_service::disconnect_device(std::string_view endpoint_id, std::string_view device_id) {
    const std::lock_guard lock(mutex_);
    end_expired();
    endpoint_record* const endpoint = store_.find(endpoint_id);
    if (endpoint == nullptr)
        return;
    for (auto& device : endpoint->devices)
        if (device.id == device_id)
            disconnect(*endpoint, device);
}

std::optional<std::string> brtc_service::bxml(std::string_view endpoint_id) {
    const std::lock_guard lock(mutex_);
    end_expired();
    const endpoint_record* const endpoint = store_.find(endpoint_id);
    return endpoint == nullptr ? std::nullopt : endpoint->bxml;
}

std::size_t brtc_service::endpoint_count() {
    const std::lock_guard lock(mutex_);
    end_expired();
    return store_.count(std::nullopt);
}

std::string brtc_service::endpoints_url() const {
    auto url = origin_ + "/v2/accounts/";
    webrtc::detail::append_path_segment(url, admission_.account());
    return url + "/endpoints";
}

std::string brtc_service::url_of(const endpoint_record& endpoint) const {
    return endpoints_url() + '/' + endpoint.id;
}

/// Bandwidth does not document what its tokens say.
std::string brtc_service::claims_of(const endpoint_record& endpoint) const {
    const auto expiry = std::chrono::system_clock::to_time_t(endpoint.created + endpoint_store::lifetime);
    std::string claims = "{";
    add_json_field("accountId", admission_.account(), claims);
    add_json_field("endpointId", endpoint.id, claims);
    claims += ",\"exp\":" + std::to_string(expiry) + '}';
    return claims;
}

} // namespace bandwidth::webrtc::testing::detail
