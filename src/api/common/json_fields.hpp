#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/common/json_reader.hpp"

namespace bandwidth::webrtc::detail {

/// Appends `"key":value` (both as written) to the JSON object in `extra`, which is empty at first.
void append_extra(std::string& extra, std::string_view raw_key, std::string_view raw_value);

/// Reads the value of an unknown field and keeps it in `extra`.
bool keep_unknown(json_reader& reader, std::string& extra);

/// What `expect` does when the kinds differ.
bool mismatch(json_reader& reader, json_kind found, const char* field, const char* reason);

/// Whether the next value is of the wanted kind. If it is null, steps over it and returns false with the
/// reader still `ok()`. Otherwise fails with `reason`, such as "is not an array".
inline bool expect(json_reader& reader, const char* field, json_kind wanted, const char* reason) {
    const json_kind kind = reader.peek();
    return kind == wanted || mismatch(reader, kind, field, reason);
}

/// Reads a string into `out`; null makes it empty.
inline bool read_text(json_reader& reader, const char* field, std::string& out) {
    if (expect(reader, field, json_kind::string, "is not a string")) {
        return reader.read_string(out);
    }
    out.clear();
    return reader.ok();
}

/// Reads a string into `out`; null makes it absent.
inline bool read_text(json_reader& reader, const char* field, std::optional<std::string>& out) {
    if (expect(reader, field, json_kind::string, "is not a string")) {
        return reader.read_string(out.emplace());
    }
    out.reset();
    return reader.ok();
}

/// Reads an array and calls `add` with each of its strings; null for the array or for an element is passed
/// over.
template <class Add>
bool read_texts(json_reader& reader, const char* field, Add add) {
    if (!expect(reader, field, json_kind::array, "is not an array")) {
        return reader.ok();
    }
    reader.enter_array();
    while (reader.next_element()) {
        if (expect(reader, field, json_kind::string, "holds something else than strings")) {
            std::string text;
            if (reader.read_string(text)) {
                add(std::move(text));
            }
        }
    }
    return reader.ok();
}

/// Reads all of `json` with `read(reader)`: see `codec::decode`. `noun` begins the text of a problem.
template <class Read>
std::optional<std::string> decode_whole(std::string_view noun, std::string_view json, Read read) {
    json_reader reader(json);
    if (read(reader) && reader.finish()) {
        return std::nullopt;
    }
    return std::string(noun).append(": ").append(reader.describe());
}

} // namespace bandwidth::webrtc::detail
