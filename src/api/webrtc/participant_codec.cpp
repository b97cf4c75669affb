#include "api/common/json_fields.hpp"
#include "api/common/json_writer.hpp"
#include "api/common/validate.hpp"
#include "api/webrtc/codec.hpp"

namespace bandwidth::webrtc::detail {

codec::problem codec::encode(const participant_request& request, std::string& body) {
    body += '{';
    if (request.callback_url()) {
        const std::string& url = *request.callback_url();
        if (url.empty()) {
            return "callback_url is empty";
        }
        if (problem wrong = validate_text("callback_url", url, url.size())) {
            return wrong;
        }
        append_json_key(body, "callbackUrl");
        append_json_string(body, url);
    }
    if (request.publish()) {
        append_json_key(body, "publishPermissions");
        const bool audio = contains(*request.publish(), media::audio);
        const bool video = contains(*request.publish(), media::video);
        body += audio ? (video ? R"(["AUDIO","VIDEO"])" : R"(["AUDIO"])") : (video ? R"(["VIDEO"])" : "[]");
    }
    if (request.tag()) {
        if (problem wrong = validate_tag(*request.tag())) {
            return wrong;
        }
        append_json_key(body, "tag");
        append_json_string(body, *request.tag());
    }
    if (request.device_api_version() && !request.device_api_version()->text().empty()) {
        const std::string& version = request.device_api_version()->text();
        if (problem wrong = validate_text("device_api_version", version, version.size())) {
            return wrong;
        }
        append_json_key(body, "deviceApiVersion");
        append_json_string(body, version);
    }
    body += '}';
    return std::nullopt;
}

bool codec::read_permissions(json_reader& reader, participant& out) {
    const std::string_view key = reader.raw_key();
    const std::size_t start = reader.offset();
    media permissions = media::none;
    bool all_known = true;
    read_texts(reader, "publishPermissions", [&](const std::string& name) {
        if (name == "AUDIO") {
            permissions |= media::audio;
        } else if (name == "VIDEO") {
            permissions |= media::video;
        } else {
            all_known = false;
        }
    });
    if (reader.ok() && !all_known) {
        append_extra(out.extra_, key, reader.text_since(start));
    }
    out.publish_permissions_ = permissions;
    return reader.ok();
}

bool codec::read(json_reader& reader, participant& out) {
    if (!reader.enter_object()) {
        return false;
    }
    std::string_view key;
    while (reader.next_member(key)) {
        if (key == "id") {
            read_text(reader, "id", out.id_.value_);
        } else if (key == "callbackUrl") {
            read_text(reader, "callbackUrl", out.callback_url_);
        } else if (key == "publishPermissions") {
            read_permissions(reader, out);
        } else if (key == "sessions") {
            out.sessions_.clear();
            read_texts(reader, "sessions",
                       [&out](std::string id) { out.sessions_.emplace_back(std::move(id)); });
        } else if (key == "subscriptions") {
            out.subscriptions_.reset();
            if (expect(reader, "subscriptions", json_kind::object, "is not an object")) {
                read(reader, out.subscriptions_.emplace());
            }
        } else if (key == "tag") {
            read_text(reader, "tag", out.tag_);
        } else if (key == "deviceApiVersion") {
            std::optional<std::string> version;
            read_text(reader, "deviceApiVersion", version);
            out.device_api_version_.reset();
            if (version) {
                out.device_api_version_.emplace(std::string_view(*version));
            }
        } else {
            keep_unknown(reader, out.extra_);
        }
    }
    if (reader.ok() && out.id_.empty()) {
        return reader.fail("", "no id");
    }
    return reader.ok();
}

bool codec::read(json_reader& reader, created_participant& out) {
    if (!reader.enter_object()) {
        return false;
    }
    std::string_view key;
    while (reader.next_member(key)) {
        if (key == "participant") {
            out.participant_ = {};
            if (expect(reader, "participant", json_kind::object, "is not an object")) {
                read(reader, out.participant_);
            }
        } else if (key == "token") {
            read_text(reader, "token", out.token_.text_);
        } else {
            keep_unknown(reader, out.extra_);
        }
    }
    if (reader.ok() && out.participant_.id().empty()) {
        return reader.fail("", "no participant");
    }
    return reader.ok();
}

bool codec::read(json_reader& reader, std::vector<participant>& out) {
    if (!expect(reader, "", json_kind::array, "not an array")) {
        return reader.ok(); // null
    }
    reader.enter_array();
    while (reader.next_element()) {
        read(reader, out.emplace_back());
    }
    return reader.ok();
}

codec::problem codec::decode(std::string_view json, participant& out) {
    return decode_whole("participant", json, [&out](json_reader& reader) { return read(reader, out); });
}

codec::problem codec::decode(std::string_view json, created_participant& out) {
    return decode_whole("created participant", json,
                        [&out](json_reader& reader) { return read(reader, out); });
}

codec::problem codec::decode(std::string_view json, std::vector<participant>& out) {
    if (json.empty()) {
        return std::nullopt;
    }
    return decode_whole("participants", json, [&out](json_reader& reader) { return read(reader, out); });
}

} // namespace bandwidth::webrtc::detail
