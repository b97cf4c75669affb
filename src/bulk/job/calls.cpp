#include "bulk/job/calls.hpp"

#include <array>
#include <stdexcept>
#include <string>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr std::array<std::string_view, call_kind_count> call_names = {
    "create_session",
    "create_participant",
    "add_participant_to_session",
    "get_session",
    "get_participant",
    "list_session_participants",
    "update_participant_subscriptions",
    "get_participant_subscriptions",
    "remove_participant_from_session",
    "delete_participant",
    "delete_session",
    "create_endpoint",
    "get_endpoint",
    "update_endpoint_bxml",
    "list_endpoints",
    "delete_endpoint",
};

[[noreturn]] void refuse(const std::string& message) { throw std::invalid_argument(message); }

std::vector<std::string_view> split(std::string_view list) {
    std::vector<std::string_view> words;
    for (;;) {
        const auto comma = list.find(',');
        words.push_back(list.substr(0, comma));
        if (comma == std::string_view::npos)
            return words;
        list.remove_prefix(comma + 1);
    }
}

std::vector<call_kind> session_calls_of(std::string_view word) {
    using enum call_kind;
    if (word == "create")
        return {create_session, create_participant};
    if (word == "join")
        return {add_participant_to_session};
    if (word == "get")
        return {get_session, get_participant};
    if (word == "list")
        return {list_session_participants};
    if (word == "subscribe")
        return {update_participant_subscriptions, get_participant_subscriptions};
    if (word == "remove")
        return {remove_participant_from_session};
    if (word == "delete")
        return {delete_participant, delete_session};
    refuse('\'' + std::string(word) +
           "' is no operation: create, join, get, list, subscribe, remove and delete are");
}

std::vector<call_kind> endpoint_calls_of(std::string_view word) {
    using enum call_kind;
    if (word == "create")
        return {create_endpoint};
    if (word == "get")
        return {get_endpoint};
    if (word == "update")
        return {update_endpoint_bxml};
    if (word == "list")
        return {list_endpoints};
    if (word == "delete")
        return {delete_endpoint, list_endpoints};
    refuse('\'' + std::string(word) + "' is no operation of brtc: create, get, update, list and delete are");
}

} // namespace

std::string_view to_string(call_kind kind) noexcept { return call_names[static_cast<std::size_t>(kind)]; }

std::string_view to_string(api_family family) noexcept {
    return family == api_family::brtc ? "brtc" : "webrtc";
}

std::string_view to_string(thing_kind kind) noexcept {
    static constexpr std::array<std::string_view, thing_kind_count> nouns = {"session", "participant",
                                                                             "endpoint"};
    return nouns[static_cast<std::size_t>(kind)];
}

bool is_creation(call_kind kind) noexcept {
    using enum call_kind;
    return kind == create_session || kind == create_participant || kind == create_endpoint;
}

thing_kind created_by(call_kind creation) noexcept {
    if (creation == call_kind::create_session)
        return thing_kind::session;
    return creation == call_kind::create_participant ? thing_kind::participant : thing_kind::endpoint;
}

bool is_deletion(call_kind kind) noexcept {
    using enum call_kind;
    return kind == delete_session || kind == delete_participant || kind == delete_endpoint;
}

call_kind parse_call(api_family family, std::string_view name) {
    std::string all;
    for (std::size_t number = 0; number < call_kind_count; ++number) {
        const auto kind = static_cast<call_kind>(number);
        if ((kind >= call_kind::create_endpoint) != (family == api_family::brtc))
            continue;
        if (name == to_string(kind))
            return kind;
        all += (all.empty() ? "" : ", ") + std::string(to_string(kind));
    }
    refuse('\'' + std::string(name) + "' is no call: " + all + " are");
}

std::string_view default_operations(api_family family) noexcept {
    return family == api_family::brtc ? "create,get,list,delete"
                                      : "create,join,get,list,subscribe,remove,delete";
}

std::vector<call_kind> parse_operations(api_family family, std::string_view mix) {
    std::vector<call_kind> calls;
    bool first = true;
    bool joined = false;
    bool deleted = false;
    for (const auto word : split(mix)) {
        const auto added = family == api_family::brtc ? endpoint_calls_of(word) : session_calls_of(word);
        if (first != (word == "create"))
            refuse("'create' comes first, and once");
        if (deleted)
            refuse("nothing comes after 'delete'");
        if (!joined && (word == "subscribe" || word == "remove"))
            refuse('\'' + std::string(word) + "' needs 'join' before it");
        first = false;
        joined = word == "join" || (joined && word != "remove");
        deleted = word == "delete";
        calls.insert(calls.end(), added.begin(), added.end());
    }
    return calls;
}

} // namespace bandwidth::webrtc::bulk
