#include "api/brtc/endpoint_codec.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>

#include "api/common/json_reader.hpp"
#include "api/common/validate.hpp"
#include "core/ascii.hpp"
#include "core/http_grammar.hpp"
#include "core/percent_encoding.hpp"
#include "core/timestamp.hpp"
#include "core/utf8.hpp"
#include "core/xml_char.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::size_t max_endpoint_tag = 1024;
constexpr int max_page_limit = 1000;

std::optional<std::string> validate_name(std::string_view field, std::string_view name) {
    return name.empty() ? std::string(field) + " is unknown" : validate_text(field, name, name.size());
}

std::optional<std::uint64_t> parse_count(std::string_view text) noexcept {
    std::uint64_t count = 0;
    return read_number(text, count) ? std::optional(count) : std::nullopt;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const bool is_code =
            text[i] == '%' && i + 2 < text.size() && read_number(text.substr(i + 1, 2), value, 16);
        out += is_code ? static_cast<char>(value) : text[i];
        i += is_code ? 2 : 0;
    }
    return out;
}

// The cursor in the query of a link; empty where there is none. Its "=" and "+" need not be encoded, as Bandwidth's
// own example shows, so a "+" is no space here.
std::string cursor_of(std::string_view href) {
    constexpr std::string_view name = "afterCursor=";
    href = href.substr(0, href.find('#'));
    for (auto end = href.find('?'); end != std::string_view::npos;) {
        href.remove_prefix(end + 1);
        end = href.find('&');
        const auto parameter = href.substr(0, end);
        if (parameter.starts_with(name))
            return percent_decoded(parameter.substr(name.size()));
    }
    return {};
}

/// A response that is read.
template <class Data>
struct envelope {
    Data data;
    bool has_data = false;
    std::string errors; ///< as they are written, one behind the other
};

template <class Data>
const char* finish_envelope(void* model) {
    const auto& all = *static_cast<envelope<Data>*>(model);
    if (all.has_data)
        return nullptr;
    return all.errors.empty() ? "no data" : "errors in place of data";
}

} // namespace

endpoint_codec::problem endpoint_codec::encode(const brtc::endpoint_request& request, std::string& body) {
    boost::json::object fields;
    const auto add = [&fields](std::string_view name, std::string_view value) {
        fields.emplace(boost::json::string_view(name.data(), name.size()),
                       boost::json::string_view(value.data(), value.size()));
    };
    if (problem wrong = validate_name("type", request.type().text()))
        return wrong;
    add("type", request.type().text());
    if (problem wrong = validate_name("direction", request.direction().text()))
        return wrong;
    add("direction", request.direction().text());
    if (request.event_callback_url()) {
        if (problem wrong = validate_url("event_callback_url", *request.event_callback_url()))
            return wrong;
        add("eventCallbackUrl", *request.event_callback_url());
    }
    if (request.event_fallback_url()) {
        if (problem wrong = validate_url("event_fallback_url", *request.event_fallback_url()))
            return wrong;
        add("eventFallbackUrl", *request.event_fallback_url());
    }
    if (request.tag()) {
        if (problem wrong = validate_text("tag", *request.tag(), max_endpoint_tag))
            return wrong;
        add("tag", *request.tag());
    }
    body += boost::json::serialize(fields);
    return std::nullopt;
}

endpoint_codec::problem endpoint_codec::encode(std::string_view bxml, std::string& body) {
    if (bxml.empty())
        return "bxml is empty";
    const char* const end = bxml.data() + bxml.size();
    for (const char* position = bxml.data(); position != end;) {
        const utf8_char next = read_utf8(position, end);
        if (next.length == 0)
            return "bxml is not valid UTF-8";
        if (!is_xml_char(next.code))
            return "bxml holds a character that XML does not have";
        position += next.length;
    }
    const auto start = bxml.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos || bxml[start] != '<')
        return "bxml does not begin with \"<\"";
    body += bxml;
    return std::nullopt;
}

endpoint_codec::problem endpoint_codec::append_query(const brtc::endpoint_filter& filter,
                                                     std::string& target) {
    char separator = '?';
    const auto add = [&](std::string_view name, std::string_view value) {
        target.append(1, separator).append(name).append(1, '=');
        append_path_segment(target, value);
        separator = '&';
    };
    if (filter.type()) {
        if (problem wrong = validate_name("type", filter.type()->text()))
            return wrong;
        add("type", filter.type()->text());
    }
    if (filter.status()) {
        if (problem wrong = validate_name("status", filter.status()->text()))
            return wrong;
        add("status", filter.status()->text());
    }
    if (filter.after_cursor()) {
        if (filter.after_cursor()->empty())
            return "after_cursor is empty";
        add("afterCursor", *filter.after_cursor());
    }
    if (filter.limit()) {
        if (*filter.limit() < 1 || *filter.limit() > max_page_limit)
            return "limit is not 1 to 1000";
        add("limit", std::to_string(*filter.limit()));
    }
    return std::nullopt;
}

// What each model is read from. A model that holds another one comes behind it.
struct endpoint_codec::shapes {
    using endpoint = brtc::endpoint;
    using device = brtc::device;
    using page = brtc::endpoint_page;

    static constexpr json_field device_fields[] = {
        json_member<&device::id_>::text("deviceId"),
        json_member<&device::name_>::text("deviceName"),
        json_member<&device::status_>::text("status"),
        json_member<&device::created_at_>::read<parse_timestamp>("creationTimestamp"),
    };
    static constexpr json_shape of_device = {device_fields, &json_member<&device::extra_>::of, nullptr};

    // An endpoint, or what `To` leads to one in.
    template <auto... To>
    static constexpr std::array endpoint_fields = {
        json_member<To..., &endpoint::id_>::text("endpointId"),
        json_member<To..., &endpoint::type_>::text("type"),
        json_member<To..., &endpoint::status_>::text("status"),
        json_member<To..., &endpoint::direction_>::text("direction"),
        json_member<To..., &endpoint::created_at_>::template read<parse_timestamp>("creationTimestamp"),
        json_member<To..., &endpoint::expires_at_>::template read<parse_timestamp>("expirationTimestamp"),
        json_member<To..., &endpoint::tag_>::text("tag"),
        json_member<To..., &endpoint::devices_>::object("devices", &of_device, json_form::objects),
    };
    template <auto... To>
    static const char* need_id(void* model) {
        return json_member<To..., &endpoint::id_>::of(model).empty() ? "no endpointId" : nullptr;
    }
    static constexpr json_shape of_endpoint = {endpoint_fields<>, &json_member<&endpoint::extra_>::of,
                                               need_id<>};

    static constexpr auto created_fields = [] {
        constexpr auto& of_one = endpoint_fields<&brtc::created_endpoint::endpoint_>;
        std::array<json_field, of_one.size() + 1> all{};
        for (std::size_t i = 0; i < of_one.size(); ++i)
            all[i] = of_one[i];
        all.back() = json_member<&brtc::created_endpoint::token_>::text("token");
        return all;
    }();
    static constexpr json_shape of_created = {
        created_fields, &json_member<&brtc::created_endpoint::endpoint_, &endpoint::extra_>::of,
        need_id<&brtc::created_endpoint::endpoint_>};

    // Of the errors it only counts whether there are any: `failure::service_errors` tells which.
    template <class Data>
    static constexpr json_shape of_error = {{}, &json_member<&envelope<Data>::errors>::of, nullptr};
    template <class Data>
    static constexpr json_field errors_field = {"errors",
                                                json_form::anything,
                                                nullptr,
                                                [](void* model, std::string_view text) {
                                                    static_cast<envelope<Data>*>(model)->errors += text;
                                                    return true;
                                                },
                                                [](void* model) { return model; },
                                                &of_error<Data>};

    template <class Data>
    static constexpr json_field envelope_fields[] = {
        {"data", json_form::object,
         [](void* model) {
             auto& all = *static_cast<envelope<Data>*>(model);
             all.data = Data();
             all.has_data = false;
         },
         nullptr,
         [](void* model) -> void* {
             auto& all = *static_cast<envelope<Data>*>(model);
             all.has_data = true;
             return &all.data;
         },
         std::is_same_v<Data, endpoint> ? &of_endpoint : &of_created},
        errors_field<Data>,
    };
    template <class Data>
    static constexpr json_shape of_envelope = {envelope_fields<Data>, nullptr, finish_envelope<Data>};

    static constexpr json_field link_fields[] = {
        json_member<&brtc::page_link::href_>::text("href"),
        json_member<&brtc::page_link::rel_>::text("rel"),
        json_member<&brtc::page_link::method_>::text("method"),
    };
    static constexpr json_shape of_link = {link_fields, nullptr, nullptr};

    using paged = envelope<page>;
    template <auto Count>
    using count = json_member<&paged::data, Count>;
    static constexpr json_field number_fields[] = {
        count<&page::page_size_>::read<parse_count>("pageSize"),
        count<&page::total_elements_>::read<parse_count>("totalElements"),
        count<&page::total_pages_>::read<parse_count>("totalPages"),
        count<&page::page_number_>::read<parse_count>("pageNumber"),
    };
    static constexpr json_shape of_numbers = {number_fields, nullptr, nullptr};

    using endpoints_member = json_member<&paged::data, &page::endpoints_>;
    static constexpr json_field page_fields[] = {
        json_member<&paged::data, &page::links_>::object("links", &of_link, json_form::objects),
        // Called for null too.
        {"data", json_form::objects,
         [](void* model) {
             endpoints_member::clear(model);
             static_cast<paged*>(model)->has_data = true;
         },
         nullptr, endpoints_member::add_object, &of_endpoint},
        errors_field<page>,
        {"page", json_form::object, nullptr, nullptr, [](void* model) { return model; }, &of_numbers},
    };
    static const char* finish_page(void* model) {
        auto& all = *static_cast<paged*>(model);
        for (const auto& link : all.data.links_) {
            auto cursor = leads_to_next(link) ? cursor_of(link.href_) : std::string();
            if (!cursor.empty())
                all.data.next_cursor_ = std::move(cursor);
        }
        // Who lists endpoints is not told that there are none where the service says that something went
        // wrong.
        all.has_data = all.has_data && (all.errors.empty() || !all.data.endpoints_.empty());
        return finish_envelope<page>(model);
    }
    static constexpr json_shape of_page = {page_fields, &json_member<&paged::data, &page::extra_>::of,
                                           finish_page};

    template <class Data>
    static problem read(std::string_view json, std::string_view noun, const json_shape& shape, Data& out) {
        envelope<Data> all;
        auto wrong = read_json(json, json_root<envelope<Data>>(noun, &shape), &all);
        out = std::move(all.data);
        return wrong;
    }
};

bool endpoint_codec::leads_to_next(const brtc::page_link& link) noexcept {
    return equals_ignoring_case(link.rel(), "next") && !link.href().empty();
}

endpoint_codec::problem endpoint_codec::decode(std::string_view json, brtc::endpoint& out) {
    return shapes::read(json, "endpoint", shapes::of_envelope<brtc::endpoint>, out);
}

endpoint_codec::problem endpoint_codec::decode(std::string_view json, brtc::created_endpoint& out) {
    return shapes::read(json, "created endpoint", shapes::of_envelope<brtc::created_endpoint>, out);
}

endpoint_codec::problem endpoint_codec::decode(std::string_view json, brtc::endpoint_page& out) {
    if (json.empty())
        return std::nullopt;
    return shapes::read(json, "endpoints", shapes::of_page, out);
}

} // namespace bandwidth::webrtc::detail
