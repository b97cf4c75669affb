#include "loopback/json_codec.hpp"

#include <algorithm>
#include <cstddef>

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "core/utf8.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

namespace json = boost::json;

constexpr std::size_t max_tag_characters = 50;

std::string to_std(const json::string& text) { return std::string(text.data(), text.size()); }

json::object parse_object(std::string_view body, json::storage_ptr storage) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return json::object(std::move(storage));
    boost::system::error_code error;
    json::value parsed = json::parse(json::string_view(body.data(), body.size()), error, storage);
    if (error)
        throw bad_request("Invalid JSON in request body");
    if (parsed.is_null()) // one of Bandwidth's SDKs sends it for no body
        return json::object(std::move(storage));
    if (!parsed.is_object())
        throw bad_request("Request body must be an object");
    return std::move(parsed.get_object());
}

enum class null_value { refused, same_as_absent };

std::optional<std::string> find_text(const json::object& object, const char* name,
                                     null_value null = null_value::refused) {
    const json::value* const found = object.if_contains(name);
    if (found == nullptr || (found->is_null() && null == null_value::same_as_absent))
        return std::nullopt;
    if (!found->is_string())
        throw bad_request(std::string(name) + " must be a string");
    return to_std(found->get_string());
}

const json::array* find_array(const json::object& object, const char* name,
                              null_value null = null_value::refused) {
    const json::value* const found = object.if_contains(name);
    if (found == nullptr || (found->is_null() && null == null_value::same_as_absent))
        return nullptr;
    if (!found->is_array())
        throw bad_request(std::string(name) + " must be an array");
    return &found->get_array();
}

std::vector<std::string> find_unique_texts(const json::object& object, const char* name) {
    std::vector<std::string> texts;
    const json::array* const found = find_array(object, name);
    if (found == nullptr)
        return texts;
    for (const auto& item : *found) {
        if (!item.is_string())
            throw bad_request(std::string(name) + " must hold strings");
        texts.push_back(to_std(item.get_string()));
    }
    auto sorted = texts;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        throw bad_request(std::string(name) + " must hold unique items");
    return texts;
}

std::optional<std::string> find_tag(const json::object& object) {
    auto tag = find_text(object, "tag");
    if (tag && webrtc::detail::count_code_points(*tag) > max_tag_characters)
        throw bad_request("tag must be at most 50 characters");
    return tag;
}

std::string find_device_api_version(const json::object& object, bool older_versions) {
    const auto version = find_text(object, "deviceApiVersion");
    if (!version || *version == "V3" || (older_versions && *version == "v3"))
        return "V3";
    if (older_versions && (*version == "V2" || *version == "v2"))
        return "V2";
    throw bad_request("deviceApiVersion must be V3");
}

void write_array(const std::vector<std::string>& texts, std::string& out) {
    out += '[';
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i > 0)
            out += ',';
        write_json_string(texts[i], out);
    }
    out += ']';
}

} // namespace

std::optional<std::string> read_session_request(std::string_view body) {
    std::byte buffer[2048];
    json::monotonic_resource memory(buffer, sizeof(buffer));
    const auto object = parse_object(body, &memory);
    find_text(object, "id"); // ignored, but it has a type
    return find_tag(object);
}

participant_settings read_participant_request(std::string_view body, bool older_versions) {
    std::byte buffer[2048];
    json::monotonic_resource memory(buffer, sizeof(buffer));
    const auto object = parse_object(body, &memory);
    participant_settings settings;
    settings.callback_url = find_text(object, "callbackUrl", null_value::same_as_absent);
    settings.publish_permissions = find_unique_texts(object, "publishPermissions");
    for (const auto& permission : settings.publish_permissions)
        if (permission != "AUDIO" && permission != "VIDEO")
            throw bad_request("publishPermissions must be AUDIO or VIDEO");
    settings.tag = find_tag(object);
    settings.device_api_version = find_device_api_version(object, older_versions);
    return settings;
}

subscription_set read_subscriptions(std::string_view body) {
    std::byte buffer[4096];
    json::monotonic_resource memory(buffer, sizeof(buffer));
    const auto object = parse_object(body, &memory);
    subscription_set read;
    read.session_id = find_text(object, "sessionId");
    if (read.session_id && read.session_id->empty())
        read.session_id.reset();
    // The description's text has it: "if present and not empty or null".
    const json::array* const participants = find_array(object, "participants", null_value::same_as_absent);
    if (participants != nullptr) {
        for (const auto& item : *participants) {
            if (!item.is_object())
                throw bad_request("participants must hold objects");
            auto id = find_text(item.get_object(), "participantId");
            if (!id || id->empty())
                throw bad_request("participantId is required");
            auto aliases = find_unique_texts(item.get_object(), "streamAliases");
            read.participants.push_back(stream_subscription{std::move(*id), std::move(aliases)});
        }
    }
    return read;
}

void write_json_string(std::string_view text, std::string& out) {
    static constexpr char digits[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20U) {
            out += "\\u00";
            out += digits[static_cast<unsigned char>(c) >> 4U];
            out += digits[static_cast<unsigned char>(c) & 0x0FU];
        } else {
            out += c;
        }
    }
    out += '"';
}

void add_json_field(std::string_view name, std::string_view text, std::string& out) {
    if (!out.empty() && out.back() != '{' && out.back() != '[')
        out += ',';
    write_json_string(name, out);
    out += ':';
    write_json_string(text, out);
}

void write_session(const session_record& session, std::string& out) {
    out += '{';
    add_json_field("id", session.id, out);
    if (session.tag)
        add_json_field("tag", *session.tag, out);
    out += '}';
}

void write_subscriptions(const subscription_set& subscriptions, std::string& out) {
    out += '{';
    if (subscriptions.session_id)
        add_json_field("sessionId", *subscriptions.session_id, out);
    if (!subscriptions.participants.empty()) {
        out += subscriptions.session_id ? ",\"participants\":[" : "\"participants\":[";
        for (std::size_t i = 0; i < subscriptions.participants.size(); ++i) {
            const auto& subscription = subscriptions.participants[i];
            out += i > 0 ? ",{" : "{";
            add_json_field("participantId", subscription.participant_id, out);
            if (!subscription.stream_aliases.empty()) {
                out += ",\"streamAliases\":";
                write_array(subscription.stream_aliases, out);
            }
            out += '}';
        }
        out += ']';
    }
    out += '}';
}

void write_participant(const participant_record& participant, const subscription_set& subscriptions,
                       std::string& out) {
    const auto& settings = participant.settings;
    out += '{';
    add_json_field("id", participant.id, out);
    out += ",\"callbackUrl\":";
    if (settings.callback_url)
        write_json_string(*settings.callback_url, out);
    else
        out += "null";
    out += ",\"publishPermissions\":";
    write_array(settings.publish_permissions, out);
    out += ",\"sessions\":[";
    if (!participant.session_id.empty())
        write_json_string(participant.session_id, out);
    out += "],\"subscriptions\":";
    write_subscriptions(subscriptions, out);
    if (settings.tag)
        add_json_field("tag", *settings.tag, out);
    add_json_field("deviceApiVersion", settings.device_api_version, out);
    out += '}';
}

} // namespace bandwidth::webrtc::testing::detail
