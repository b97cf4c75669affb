#include "api/common/json_reader.hpp"

#include "core/ascii.hpp"
#include "core/utf8.hpp"

namespace bandwidth::webrtc::detail {

namespace {

unsigned hex_value(char c) noexcept {
    if (is_digit(c)) {
        return static_cast<unsigned>(c - '0');
    }
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a' + 10) : 16U;
}

bool is_high_surrogate(unsigned code) noexcept { return code >= 0xD800 && code <= 0xDBFF; }

bool is_low_surrogate(unsigned code) noexcept { return code >= 0xDC00 && code <= 0xDFFF; }

void append_utf8(std::string& out, unsigned code) {
    const auto tail = [code](unsigned shift) { return static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | (code >> 6U));
        out += tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | (code >> 12U));
        out += tail(6);
        out += tail(0);
    } else {
        out += static_cast<char>(0xF0U | (code >> 18U));
        out += tail(12);
        out += tail(6);
        out += tail(0);
    }
}

unsigned hex4(const char* digits) noexcept {
    return (hex_value(digits[0]) << 12U) | (hex_value(digits[1]) << 8U) | (hex_value(digits[2]) << 4U) |
           hex_value(digits[3]);
}

} // namespace

bool json_reader::fail(const char* field, const char* reason) noexcept {
    if (reason_ == nullptr) {
        field_ = field;
        reason_ = reason;
        failed_at_ = offset();
        position_ = end_;
    }
    return false;
}

bool json_reader::unexpected() noexcept {
    return syntax_error(position_ == end_ ? "unexpected end" : "unexpected character");
}

std::string json_reader::describe() const {
    std::string text;
    if (reason_ == nullptr) {
        return text;
    }
    if (field_ == nullptr) {
        text.append("not JSON at byte ").append(std::to_string(failed_at_)).append(": ");
    } else {
        text.append(field_);
        if (!text.empty()) {
            text += ' ';
        }
    }
    return text.append(reason_);
}

std::string_view json_reader::text_since(std::size_t start) const noexcept {
    return {begin_ + start, offset() - start};
}

bool json_reader::read_raw(std::string_view& raw) noexcept {
    look();
    const std::size_t start = offset();
    if (!skip()) {
        return false;
    }
    raw = text_since(start);
    return true;
}

// Recursive; max_depth bounds it.
bool json_reader::skip() noexcept {
    std::string_view ignored;
    bool escaped = false;
    switch (peek()) {
    case json_kind::null:
        return scan_literal("null");
    case json_kind::boolean:
        return scan_literal(*position_ == 't' ? "true" : "false");
    case json_kind::number:
        return scan_number();
    case json_kind::string:
        return scan_string(ignored, escaped);
    case json_kind::array:
        enter_array();
        while (next_element()) {
            skip();
        }
        return ok();
    case json_kind::object:
        enter_object();
        while (next_raw_member(ignored, escaped)) {
            skip();
        }
        return ok();
    case json_kind::none:
        break;
    }
    return unexpected();
}

bool json_reader::enter(char opening, const char* reason) noexcept {
    if (peek() == json_kind::none) {
        return unexpected();
    }
    if (*position_ != opening) {
        return fail("", reason);
    }
    if (depth_ == max_depth) {
        return syntax_error("nested too deeply");
    }
    ++position_;
    ++depth_;
    first_ = true;
    return true;
}

bool json_reader::finish() noexcept {
    look();
    if (position_ != end_) {
        return syntax_error("text after the value");
    }
    return ok();
}

// The content of a string that scan_string has accepted: escapes are complete and surrogates are paired.
void json_reader::unescape(std::string_view content, std::string& out) {
    out.clear();
    out.reserve(content.size());
    while (true) {
        const std::size_t backslash = content.find('\\');
        out.append(content.substr(0, backslash));
        if (backslash == std::string_view::npos) {
            return;
        }
        const char escape = content[backslash + 1];
        content.remove_prefix(backslash + 2);
        switch (escape) {
        case 'b':
            out += '\b';
            break;
        case 'f':
            out += '\f';
            break;
        case 'n':
            out += '\n';
            break;
        case 'r':
            out += '\r';
            break;
        case 't':
            out += '\t';
            break;
        case 'u': {
            unsigned code = hex4(content.data());
            content.remove_prefix(4);
            if (is_high_surrogate(code)) {
                code = 0x10000U + ((code - 0xD800U) << 10U) + (hex4(content.data() + 2) - 0xDC00U);
                content.remove_prefix(6);
            }
            append_utf8(out, code);
            break;
        }
        default: // a quote, a slash or a backslash
            out += escape;
        }
    }
}

// Steps over an escape or a character that is not ASCII; anything else here is an error.
bool json_reader::scan_special(bool& escaped) noexcept {
    if (position_ == end_) {
        return unexpected();
    }
    const auto c = static_cast<unsigned char>(*position_);
    if (c == '\\') {
        escaped = true;
        return scan_escape();
    }
    if (c < 0x20) {
        return syntax_error("control character in a string");
    }
    const unsigned length = read_utf8(position_, end_).length;
    if (length == 0) {
        return syntax_error("invalid UTF-8");
    }
    position_ += length;
    return true;
}

bool json_reader::scan_escape() noexcept {
    ++position_;
    if (position_ == end_) {
        return unexpected();
    }
    const char escape = *position_;
    if (escape != 'u') {
        if (std::string_view("\"\\/bfnrt").find(escape) == std::string_view::npos) {
            return syntax_error("invalid escape");
        }
        ++position_;
        return true;
    }
    ++position_;
    unsigned code = 0;
    if (!scan_hex4(code)) {
        return false;
    }
    if (is_low_surrogate(code)) {
        return syntax_error("lone surrogate");
    }
    if (is_high_surrogate(code)) {
        if (end_ - position_ < 2 || position_[0] != '\\' || position_[1] != 'u') {
            return syntax_error("lone surrogate");
        }
        position_ += 2;
        if (!scan_hex4(code)) {
            return false;
        }
        return is_low_surrogate(code) || syntax_error("lone surrogate");
    }
    return true;
}

bool json_reader::scan_hex4(unsigned& value) noexcept {
    value = 0;
    for (int i = 0; i < 4; ++i, ++position_) {
        const unsigned digit = position_ == end_ ? 16U : hex_value(*position_);
        if (digit > 15) {
            return unexpected();
        }
        value = (value << 4U) | digit;
    }
    return true;
}

bool json_reader::scan_literal(std::string_view word) noexcept {
    for (const char c : word) {
        if (position_ == end_ || *position_ != c) {
            return unexpected();
        }
        ++position_;
    }
    return true;
}

bool json_reader::scan_digits() noexcept {
    if (position_ == end_ || !is_digit(*position_)) {
        return unexpected();
    }
    while (position_ != end_ && is_digit(*position_)) {
        ++position_;
    }
    return true;
}

bool json_reader::scan_number() noexcept {
    if (*position_ == '-') {
        ++position_;
    }
    if (position_ != end_ && *position_ == '0') {
        ++position_;
    } else if (!scan_digits()) {
        return false;
    }
    if (position_ != end_ && *position_ == '.') {
        ++position_;
        if (!scan_digits()) {
            return false;
        }
    }
    if (position_ != end_ && (*position_ == 'e' || *position_ == 'E')) {
        ++position_;
        if (position_ != end_ && (*position_ == '+' || *position_ == '-')) {
            ++position_;
        }
        return scan_digits();
    }
    return true;
}

} // namespace bandwidth::webrtc::detail
