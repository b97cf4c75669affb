#include "api/common/error_body.hpp"

#include "api/common/json_reader.hpp"
#include "core/ascii.hpp"
#include "core/utf8.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::size_t max_message = 256;
constexpr std::size_t max_code = 64;
constexpr std::size_t max_request_id = 128;
// Longer strings are not worth unescaping: what is kept of them is far shorter.
constexpr std::size_t max_body = 64 * 1024;

// Characters that would break or forge a line of a log or a terminal.
bool is_space_or_control(char32_t c) noexcept {
    return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x2028 || c == 0x2029 || c == 0x061C ||
           c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0xFEFF;
}

std::size_t find_ignoring_case(std::string_view text, std::string_view word) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (starts_with_ignoring_case(text.substr(i), word)) {
            return i;
        }
    }
    return std::string_view::npos;
}

std::string_view trim_front(std::string_view text) noexcept {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

// What a walk through the JSON found so far, by the name of the field.
struct findings {
    std::string error;
    std::string message;
    std::string description;
    std::string code;
    std::string request_id;

    std::string* place_of(std::string_view key) noexcept {
        if (key == "error") {
            return &error;
        }
        if (key == "message") {
            return &message;
        }
        if (key == "description") {
            return &description;
        }
        if (key == "code") {
            return &code;
        }
        return key == "requestId" || key == "request_id" ? &request_id : nullptr;
    }
};

void read_value(json_reader& reader, std::string* place, findings& found);

void read_object(json_reader& reader, findings& found) {
    reader.enter_object();
    std::string_view key;
    while (reader.next_member(key)) {
        const bool nested = key == "error" || key == "errors";
        std::string* const place = found.place_of(key);
        if (place != nullptr || nested) {
            read_value(reader, place, found);
        } else {
            reader.skip();
        }
    }
}

// Reads a value into its place, unless the place is taken. Objects and arrays are looked into, so that
// {"error": {"message": ...}} and {"errors": [{...}]} give their message too; json_reader::max_depth bounds
// it.
void read_value(json_reader& reader, std::string* place, findings& found) {
    std::string text;
    std::string_view raw;
    switch (reader.peek()) {
    case json_kind::object:
        read_object(reader, found);
        return;
    case json_kind::array:
        reader.enter_array();
        while (reader.next_element()) {
            read_value(reader, place, found);
        }
        return;
    case json_kind::string:
        reader.read_string(text);
        break;
    case json_kind::number:
        reader.read_raw(raw);
        text = raw;
        break;
    default:
        reader.skip();
        return;
    }
    if (place != nullptr && place->empty()) {
        *place = std::move(text);
    }
}

// A JSON text that is cut off or otherwise broken gives what stood before the break.
error_body parse_json(std::string_view body) {
    findings found;
    json_reader reader(body);
    // A bare string, or the strings of a bare array, count as the message.
    read_value(reader, &found.message, found);
    error_body result;
    for (const std::string* text : {&found.error, &found.message, &found.description}) {
        result.message = clean_text(*text, max_message);
        if (!result.message.empty()) {
            break;
        }
    }
    result.code = clean_text(found.code, max_code);
    result.request_id = clean_text(found.request_id, max_request_id);
    return result;
}

std::string html_title(std::string_view body) {
    const std::size_t tag = find_ignoring_case(body, "<title");
    const std::size_t start = tag == std::string_view::npos ? tag : body.find('>', tag);
    if (start == std::string_view::npos) {
        return {};
    }
    const std::string_view title = body.substr(start + 1);
    return clean_text(title.substr(0, title.find('<')), max_message);
}

std::string first_line(std::string_view body) {
    const std::string_view line = body.substr(0, body.find_first_of("\r\n"));
    // A compressed or encrypted body is no message.
    if (!count_code_points(line) || line.find('\0') != std::string_view::npos) {
        return {};
    }
    return clean_text(line, max_message);
}

} // namespace

std::string clean_text(std::string_view text, std::size_t max_bytes) {
    std::string clean;
    const char* position = text.data();
    const char* const end = position + text.size();
    bool space_due = false;
    while (position != end) {
        const utf8_char next = read_utf8(position, end);
        const std::string_view character =
            next.length == 0 ? std::string_view("\xEF\xBF\xBD") : std::string_view(position, next.length);
        position += next.length == 0 ? 1 : next.length;
        if (next.length != 0 && is_space_or_control(next.code)) {
            space_due = !clean.empty();
            continue;
        }
        if (clean.size() + (space_due ? 1 : 0) + character.size() > max_bytes) {
            break;
        }
        clean.append(space_due ? 1 : 0, ' ').append(character);
        space_due = false;
    }
    return clean;
}

error_body parse_error_body(std::string_view body, std::string_view content_type) {
    const std::string_view text = trim_front(body.substr(0, max_body));
    if (text.empty() || text == "null") {
        return {};
    }
    if (text.front() == '{' || text.front() == '[' || text.front() == '"') {
        return parse_json(text);
    }
    error_body result;
    if (text.front() == '<' || starts_with_ignoring_case(content_type, "text/html")) {
        result.message = html_title(text);
    } else {
        result.message = first_line(text);
    }
    return result;
}

} // namespace bandwidth::webrtc::detail
