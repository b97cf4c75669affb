#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/common/json_reader.hpp"
#include "api/common/validate.hpp"
#include "api/webrtc/codec.hpp"

namespace bandwidth::webrtc::detail {

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

const json_shape& codec::session_shape() {
    static constexpr json_field fields[] = {
        json_member<&session::id_>::text("id"),
        json_member<&session::tag_>::text("tag"),
    };
    static constexpr json_shape shape = {
        fields, &json_member<&session::extra_>::of,
        [](void* model) { return static_cast<session*>(model)->id().empty() ? "no id" : nullptr; }};
    return shape;
}

codec::problem codec::decode(std::string_view json, session& out) {
    static constexpr json_field root = json_root<session>("session", &session_shape);
    return read_json(json, root, &out);
}

} // namespace bandwidth::webrtc::detail
