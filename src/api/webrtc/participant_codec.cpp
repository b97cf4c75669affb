#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/common/json_reader.hpp"
#include "api/common/validate.hpp"
#include "api/webrtc/codec.hpp"

namespace bandwidth::webrtc::detail {

codec::problem codec::encode(const participant_request& request, std::string& body) {
    boost::json::object fields;
    if (request.callback_url()) {
        const std::string& url = *request.callback_url();
        if (url.empty())
            return "callback_url is empty";
        if (problem wrong = validate_text("callback_url", url, url.size()))
            return wrong;
        fields.emplace("callbackUrl", url);
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

const json_shape& codec::participant_shape() {
    using permissions = json_member<&participant::publish_permissions_>;
    static constexpr json_field fields[] = {
        json_member<&participant::id_>::text("id"),
        json_member<&participant::callback_url_>::text("callbackUrl"),
        {"publishPermissions", json_form::texts, permissions::clear,
         [](void* model, std::string_view name) {
             permissions::of(model) |=
                 name == "AUDIO" ? media::audio : (name == "VIDEO" ? media::video : media::none);
             return name == "AUDIO" || name == "VIDEO";
         }},
        json_member<&participant::sessions_>::text("sessions", json_form::texts),
        json_member<&participant::subscriptions_>::object("subscriptions", &subscriptions_shape),
        json_member<&participant::tag_>::text("tag"),
        json_member<&participant::device_api_version_>::text("deviceApiVersion"),
    };
    static constexpr json_shape shape = {
        fields, &json_member<&participant::extra_>::of,
        [](void* model) { return static_cast<participant*>(model)->id().empty() ? "no id" : nullptr; }};
    return shape;
}

const json_shape& codec::created_participant_shape() {
    static constexpr json_field fields[] = {
        json_member<&created_participant::participant_>::object("participant", &participant_shape),
        json_member<&created_participant::token_>::text("token"),
    };
    static constexpr json_shape shape = {
        fields, &json_member<&created_participant::extra_>::of, [](void* model) {
            return static_cast<created_participant*>(model)->participant().id().empty() ? "no participant"
                                                                                        : nullptr;
        }};
    return shape;
}

codec::problem codec::decode(std::string_view json, participant& out) {
    static constexpr json_field root = json_root<participant>("participant", &participant_shape);
    return read_json(json, root, &out);
}

codec::problem codec::decode(std::string_view json, created_participant& out) {
    static constexpr json_field root =
        json_root<created_participant>("created participant", &created_participant_shape);
    return read_json(json, root, &out);
}

codec::problem codec::decode(std::string_view json, std::vector<participant>& out) {
    if (json.empty())
        return std::nullopt;
    static constexpr json_field root = {
        "participants",
        json_form::objects,
        [](void* list) { static_cast<std::vector<participant>*>(list)->clear(); },
        nullptr,
        [](void* list) -> void* { return &static_cast<std::vector<participant>*>(list)->emplace_back(); },
        &participant_shape,
        false};
    return read_json(json, root, &out);
}

} // namespace bandwidth::webrtc::detail
