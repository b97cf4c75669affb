#include "api/webrtc/codec.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/common/json_reader.hpp"
#include "api/common/validate.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// An id in a JSON body: the rules for ids, and UTF-8.
codec::problem validate_body_id(std::string_view field, std::string_view id) {
    codec::problem wrong = validate_id(field, id);
    return wrong ? wrong : validate_text(field, id, id.size());
}

codec::problem encode_participant(const participant_subscription& one, boost::json::object& fields) {
    if (auto wrong = validate_body_id("subscriptions: participant id", one.participant_id().value()))
        return wrong;
    fields.emplace("participantId", one.participant_id().value());
    if (one.stream_aliases().empty())
        return std::nullopt;
    boost::json::array& aliases = fields["streamAliases"].emplace_array();
    for (const std::string& alias : one.stream_aliases()) {
        if (alias.empty())
            return "subscriptions: stream alias is empty";
        if (auto wrong = validate_text("subscriptions: stream alias", alias, alias.size()))
            return wrong;
        aliases.emplace_back(alias);
    }
    return std::nullopt;
}

} // namespace

codec::problem codec::encode(const subscriptions& request, std::string& body) {
    boost::json::object fields;
    // Nobody is asked for without the session id: the service reads one with an empty list as everybody.
    if (request.scope() != subscription_scope::none && request.session_id()) {
        if (problem wrong = validate_body_id("subscriptions: session id", request.session_id()->value()))
            return wrong;
        fields.emplace("sessionId", request.session_id()->value());
    }
    if (request.scope() == subscription_scope::only_listed) {
        boost::json::array& participants = fields["participants"].emplace_array();
        for (const participant_subscription& one : request.participants())
            if (problem wrong = encode_participant(one, participants.emplace_back(nullptr).emplace_object()))
                return wrong;
    }
    body += boost::json::serialize(fields);
    return std::nullopt;
}

codec::problem codec::encode(const session_request& request, std::string& body) {
    boost::json::object fields;
    if (request.tag()) {
        if (problem wrong = validate_tag(*request.tag()))
            return wrong;
        fields.emplace("tag", *request.tag());
    }
    body += boost::json::serialize(fields);
    return std::nullopt;
}

codec::problem codec::encode(const participant_request& request, std::string& body) {
    boost::json::object fields;
    if (request.callback_url()) {
        if (problem wrong = validate_url("callback_url", *request.callback_url()))
            return wrong;
        fields.emplace("callbackUrl", *request.callback_url());
    }
    if (request.publish()) {
        boost::json::array& permissions = fields["publishPermissions"].emplace_array();
        if (contains(*request.publish(), media::audio))
            permissions.emplace_back("AUDIO");
        if (contains(*request.publish(), media::video))
            permissions.emplace_back("VIDEO");
    }
    if (request.tag()) {
        if (problem wrong = validate_tag(*request.tag()))
            return wrong;
        fields.emplace("tag", *request.tag());
    }
    if (request.device_api_version() && !request.device_api_version()->text().empty()) {
        const std::string& version = request.device_api_version()->text();
        if (problem wrong = validate_text("device_api_version", version, version.size()))
            return wrong;
        fields.emplace("deviceApiVersion", version);
    }
    body += boost::json::serialize(fields);
    return std::nullopt;
}

// What each model is read from. A model that holds another one comes behind it.
struct codec::shapes {
    template <class Model>
    static const char* need_id(void* model) {
        return static_cast<Model*>(model)->id_.empty() ? "no id" : nullptr;
    }

    static constexpr json_field session_fields[] = {
        json_member<&session::id_>::text("id"),
        json_member<&session::tag_>::text("tag"),
    };
    static constexpr json_shape of_session = {session_fields, &json_member<&session::extra_>::of,
                                              need_id<session>};

    static constexpr json_field subscription_fields[] = {
        json_member<&participant_subscription::participant_id_>::text("participantId"),
        json_member<&participant_subscription::stream_aliases_>::text("streamAliases", json_form::texts),
    };
    static constexpr json_shape of_subscription = {
        subscription_fields, &json_member<&participant_subscription::extra_>::of, [](void* model) {
            return static_cast<participant_subscription*>(model)->participant_id_.empty()
                       ? "participants holds an entry without participantId"
                       : nullptr;
        }};

    using session_member = json_member<&subscriptions::session_id_>;
    static constexpr json_field subscriptions_fields[] = {
        {"sessionId", json_form::text, session_member::clear,
         [](void* model, std::string_view id) {
             session_member::clear(model);
             return id.empty() ||
                    session_member::add_text(model, id); // the service sends an empty id for none
         }},
        json_member<&subscriptions::participants_>::object("participants", &of_subscription,
                                                           json_form::objects),
    };
    static constexpr json_shape of_subscriptions = {
        subscriptions_fields, &json_member<&subscriptions::extra_>::of, [](void* model) -> const char* {
            auto& read = *static_cast<subscriptions*>(model);
            read.everybody_ = read.session_id_ && read.participants_.empty();
            return nullptr;
        }};

    using permissions = json_member<&participant::publish_permissions_>;
    static constexpr json_field participant_fields[] = {
        json_member<&participant::id_>::text("id"),
        json_member<&participant::callback_url_>::text("callbackUrl"),
        {"publishPermissions", json_form::texts, permissions::clear,
         [](void* model, std::string_view name) {
             permissions::of(model) |=
                 name == "AUDIO" ? media::audio : (name == "VIDEO" ? media::video : media::none);
             return name == "AUDIO" || name == "VIDEO";
         }},
        json_member<&participant::sessions_>::text("sessions", json_form::texts),
        json_member<&participant::subscriptions_>::object("subscriptions", &of_subscriptions),
        json_member<&participant::tag_>::text("tag"),
        json_member<&participant::device_api_version_>::text("deviceApiVersion"),
    };
    static constexpr json_shape of_participant = {participant_fields, &json_member<&participant::extra_>::of,
                                                  need_id<participant>};

    static constexpr json_field created_fields[] = {
        json_member<&created_participant::participant_>::object("participant", &of_participant),
        json_member<&created_participant::token_>::text("token"),
    };
    static constexpr json_shape of_created = {
        created_fields, &json_member<&created_participant::extra_>::of, [](void* model) {
            return static_cast<created_participant*>(model)->participant_.id_.empty() ? "no participant"
                                                                                      : nullptr;
        }};
};

codec::problem codec::decode(std::string_view json, session& out) {
    return read_json(json, json_root<session>("session", &shapes::of_session), &out);
}

codec::problem codec::decode(std::string_view json, participant& out) {
    return read_json(json, json_root<participant>("participant", &shapes::of_participant), &out);
}

codec::problem codec::decode(std::string_view json, created_participant& out) {
    return read_json(json, json_root<created_participant>("created participant", &shapes::of_created), &out);
}

codec::problem codec::decode(std::string_view json, std::vector<participant>& out) {
    if (json.empty())
        return std::nullopt;
    auto root = json_root<std::vector<participant>>("participants", &shapes::of_participant);
    root.form = json_form::objects;
    root.add_object = [](void* list) -> void* {
        return &static_cast<std::vector<participant>*>(list)->emplace_back();
    };
    return read_json(json, root, &out);
}

codec::problem codec::decode(std::string_view json, subscriptions& out) {
    if (json.empty())
        return std::nullopt;
    auto root = json_root<subscriptions>("subscriptions", &shapes::of_subscriptions);
    root.takes_null = true;
    return read_json(json, root, &out);
}

} // namespace bandwidth::webrtc::detail
