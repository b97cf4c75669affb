#include "api/common/json_fields.hpp"
#include "api/common/json_writer.hpp"
#include "api/common/validate.hpp"
#include "api/webrtc/codec.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// An id in a JSON body: the rules for ids, and UTF-8.
codec::problem validate_body_id(std::string_view field, std::string_view id) {
    codec::problem wrong = validate_id(field, id);
    return wrong ? wrong : validate_text(field, id, id.size());
}

codec::problem encode_participant(const participant_subscription& one, std::string& body) {
    if (auto wrong = validate_body_id("subscriptions: participant id", one.participant_id().value())) {
        return wrong;
    }
    body += '{';
    append_json_key(body, "participantId");
    append_json_string(body, one.participant_id().value());
    if (!one.stream_aliases().empty()) {
        append_json_key(body, "streamAliases");
        char separator = '[';
        for (const std::string& alias : one.stream_aliases()) {
            if (alias.empty()) {
                return "subscriptions: stream alias is empty";
            }
            if (auto wrong = validate_text("subscriptions: stream alias", alias, alias.size())) {
                return wrong;
            }
            body += separator;
            append_json_string(body, alias);
            separator = ',';
        }
        body += ']';
    }
    body += '}';
    return std::nullopt;
}

} // namespace

codec::problem codec::encode(const subscriptions& request, std::string& body) {
    if (request.scope() == subscription_scope::none) {
        // Without the session id: the service reads a session id with an empty list as everybody.
        body += "{}";
        return std::nullopt;
    }
    body += '{';
    if (request.session_id()) {
        if (problem wrong = validate_body_id("subscriptions: session id", request.session_id()->value())) {
            return wrong;
        }
        append_json_key(body, "sessionId");
        append_json_string(body, request.session_id()->value());
    }
    if (request.scope() == subscription_scope::only_listed) {
        append_json_key(body, "participants");
        char separator = '[';
        for (const participant_subscription& one : request.participants()) {
            body += separator;
            if (problem wrong = encode_participant(one, body)) {
                return wrong;
            }
            separator = ',';
        }
        body += ']';
    }
    body += '}';
    return std::nullopt;
}

bool codec::read(json_reader& reader, participant_subscription& out) {
    if (!reader.enter_object()) {
        return false;
    }
    std::string_view key;
    while (reader.next_member(key)) {
        if (key == "participantId") {
            read_text(reader, "participantId", out.participant_id_.value_);
        } else if (key == "streamAliases") {
            out.stream_aliases_.clear();
            read_texts(reader, "streamAliases",
                       [&out](std::string alias) { out.stream_aliases_.push_back(std::move(alias)); });
        } else {
            keep_unknown(reader, out.extra_);
        }
    }
    if (reader.ok() && out.participant_id_.empty()) {
        return reader.fail("participants", "holds an entry without participantId");
    }
    return reader.ok();
}

bool codec::read(json_reader& reader, std::vector<participant_subscription>& out) {
    out.clear();
    if (!expect(reader, "participants", json_kind::array, "is not an array")) {
        return reader.ok();
    }
    reader.enter_array();
    while (reader.next_element()) {
        if (expect(reader, "participants", json_kind::object, "holds something else than objects")) {
            read(reader, out.emplace_back());
        }
    }
    return reader.ok();
}

bool codec::read(json_reader& reader, subscriptions& out) {
    if (!reader.enter_object()) {
        return false;
    }
    std::string_view key;
    while (reader.next_member(key)) {
        if (key == "sessionId") {
            std::string id;
            read_text(reader, "sessionId", id);
            if (id.empty()) {
                out.session_id_.reset();
            } else {
                out.session_id_.emplace(std::move(id));
            }
        } else if (key == "participants") {
            read(reader, out.participants_);
        } else {
            keep_unknown(reader, out.extra_);
        }
    }
    out.everybody_ = out.session_id_ && out.participants_.empty();
    return reader.ok();
}

codec::problem codec::decode(std::string_view json, subscriptions& out) {
    if (json.empty()) {
        return std::nullopt;
    }
    return decode_whole("subscriptions", json, [&out](json_reader& reader) {
        return expect(reader, "", json_kind::object, "not an object") ? read(reader, out) : reader.ok();
    });
}

} // namespace bandwidth::webrtc::detail
