#include "api/common/json_fields.hpp"

namespace bandwidth::webrtc::detail {

void append_extra(std::string& extra, std::string_view raw_key, std::string_view raw_value) {
    if (extra.empty()) {
        extra = '{';
    } else {
        extra.back() = ',';
    }
    extra.append(raw_key).append(1, ':').append(raw_value).append(1, '}');
}

bool keep_unknown(json_reader& reader, std::string& extra) {
    const std::string_view key = reader.raw_key();
    std::string_view value;
    if (!reader.read_raw(value)) {
        return false;
    }
    append_extra(extra, key, value);
    return true;
}

bool mismatch(json_reader& reader, json_kind found, const char* field, const char* reason) {
    if (found == json_kind::null || found == json_kind::none) {
        reader.skip(); // fails for none, with the reason
        return false;
    }
    return reader.fail(field, reason);
}

} // namespace bandwidth::webrtc::detail
