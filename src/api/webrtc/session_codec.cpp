#include "api/common/json_fields.hpp"
#include "api/common/json_writer.hpp"
#include "api/common/validate.hpp"
#include "api/webrtc/codec.hpp"

namespace bandwidth::webrtc::detail {

codec::problem codec::encode(const session_request& request, std::string& body) {
    body += '{';
    if (request.tag()) {
        if (problem wrong = validate_tag(*request.tag())) {
            return wrong;
        }
        append_json_key(body, "tag");
        append_json_string(body, *request.tag());
    }
    body += '}';
    return std::nullopt;
}

bool codec::read(json_reader& reader, session& out) {
    if (!reader.enter_object()) {
        return false;
    }
    std::string_view key;
    while (reader.next_member(key)) {
        if (key == "id") {
            read_text(reader, "id", out.id_.value_);
        } else if (key == "tag") {
            read_text(reader, "tag", out.tag_);
        } else {
            keep_unknown(reader, out.extra_);
        }
    }
    if (reader.ok() && out.id_.empty()) {
        return reader.fail("", "no id");
    }
    return reader.ok();
}

codec::problem codec::decode(std::string_view json, session& out) {
    return decode_whole("session", json, [&out](json_reader& reader) { return read(reader, out); });
}

} // namespace bandwidth::webrtc::detail
