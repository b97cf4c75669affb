#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/common/json_reader.hpp"
#include "api/common/validate.hpp"
#include "api/webrtc/codec.hpp"

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

const json_shape& codec::subscription_shape() {
    static constexpr json_field fields[] = {
        json_member<&participant_subscription::participant_id_>::text("participantId"),
        json_member<&participant_subscription::stream_aliases_>::text("streamAliases", json_form::texts),
    };
    static constexpr json_shape shape = {
        fields, &json_member<&participant_subscription::extra_>::of, [](void* model) {
            return static_cast<participant_subscription*>(model)->participant_id().empty()
                       ? "participants holds an entry without participantId"
                       : nullptr;
        }};
    return shape;
}

const json_shape& codec::subscriptions_shape() {
    using session = json_member<&subscriptions::session_id_>;
    static constexpr json_field fields[] = {
        {"sessionId", json_form::text, session::clear,
         [](void* model, std::string_view id) {
             session::clear(model);
             return id.empty() || session::add_text(model, id); // the service sends an empty id for none
         }},
        json_member<&subscriptions::participants_>::object("participants", &subscription_shape,
                                                           json_form::objects),
    };
    static constexpr json_shape shape = {fields, &json_member<&subscriptions::extra_>::of,
                                         [](void* model) -> const char* {
                                             auto& read = *static_cast<subscriptions*>(model);
                                             read.everybody_ = read.session_id_ && read.participants_.empty();
                                             return nullptr;
                                         }};
    return shape;
}

codec::problem codec::decode(std::string_view json, subscriptions& out) {
    if (json.empty())
        return std::nullopt;
    json_field root = json_root<subscriptions>("subscriptions", &subscriptions_shape);
    root.takes_null = true;
    return read_json(json, root, &out);
}

} // namespace bandwidth::webrtc::detail
