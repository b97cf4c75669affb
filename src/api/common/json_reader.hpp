#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::detail {

/// What the next JSON value is, as its first character tells.
enum class json_kind : unsigned char { none, null, boolean, number, string, array, object };

/// A strict pull reader of one JSON text (RFC 8259) in memory: the caller asks for what it expects, and each
/// string goes straight into the model. There is no tree, and no memory is taken but for strings.
///
/// Why not Boost.JSON: its tree costs three times the instructions for the small answers that are read a
/// hundred thousand times, and its push parser needs a state machine per model. The tests check that both
/// accept and refuse the same texts.
///
/// Refused: invalid UTF-8, lone surrogates, a byte order mark, text behind the value, and more than
/// `max_depth` arrays and objects inside each other. A repeated key is reported each time it occurs, so the
/// last one wins. Numbers are checked for their form only, so they cannot overflow.
///
/// Functions return false on failure, and from then on always; `describe()` tells why.
class json_reader {
public:
    static constexpr unsigned max_depth = 32;

    /// Reads `text`, which must outlive the reader.
    explicit json_reader(std::string_view text) noexcept
        : begin_(text.data()), position_(begin_), end_(begin_ + text.size()) {}

    /// The kind of the next value; `none` at the end, at something else than a value, or after a failure.
    [[nodiscard]] json_kind peek() noexcept;

    /// Reads a string value, unescaped, into `out`.
    bool read_string(std::string& out);

    /// Reads any value; `raw` is then its text, which is part of the reader's.
    bool read_raw(std::string_view& raw) noexcept;

    /// Reads any value and forgets it.
    bool skip() noexcept;

    /// Steps into an object. Call `next_member` until it returns false, and read one value after each call.
    bool enter_object() noexcept { return enter('{', "not an object"); }
    /// The next key, unescaped, valid until the next call. False behind the last one (then `ok()`), or on
    /// failure.
    bool next_member(std::string_view& key);
    /// The current key as it is written, with its quotes.
    [[nodiscard]] std::string_view raw_key() const noexcept { return raw_key_; }

    /// Steps into an array. Call `next_element` until it returns false, and read one value after each call.
    bool enter_array() noexcept { return enter('[', "not an array"); }
    /// Whether there is one more value. False behind the last one (then `ok()`), or on failure.
    bool next_element() noexcept { return next(']'); }

    /// Checks that only white space is left.
    bool finish() noexcept;

    /// Bytes read so far.
    [[nodiscard]] std::size_t offset() const noexcept { return static_cast<std::size_t>(position_ - begin_); }
    /// The text from an earlier `offset()` to here.
    [[nodiscard]] std::string_view text_since(std::size_t start) const noexcept;

    /// Fails for a reason of the caller's: what is wrong with which field, both string literals.
    bool fail(const char* field, const char* reason) noexcept;

    /// Whether nothing has failed so far.
    [[nodiscard]] bool ok() const noexcept { return reason_ == nullptr; }

    /// Why it failed, for a message: "tag is not a string" or "not JSON at byte 7: unexpected end". Never
    /// holds text from the input, which may be secret.
    [[nodiscard]] std::string describe() const;

private:
    char look() noexcept;
    bool next(char closing) noexcept;
    bool next_raw_member(std::string_view& key, bool& escaped) noexcept;
    bool scan_string(std::string_view& content, bool& escaped) noexcept;
    void skip_plain() noexcept;

    bool syntax_error(const char* reason) noexcept { return fail(nullptr, reason); }
    bool unexpected() noexcept;
    bool enter(char opening, const char* reason) noexcept;
    bool scan_special(bool& escaped) noexcept;
    bool scan_escape() noexcept;
    bool scan_hex4(unsigned& value) noexcept;
    bool scan_literal(std::string_view word) noexcept;
    bool scan_digits() noexcept;
    bool scan_number() noexcept;
    static void unescape(std::string_view content, std::string& out);

    const char* begin_;
    const char* position_; // a failure moves it to the end, so that nothing goes on
    const char* end_;
    const char* field_ = nullptr;
    const char* reason_ = nullptr;
    std::size_t failed_at_ = 0;
    std::string_view raw_key_;
    std::string unescaped_key_;
    unsigned depth_ = 0;
    bool first_ = false; // no comma is due yet in the innermost array or object
};

// The way of a well-formed answer, kept inline: it is the larger part of the work that one call costs.

/// The next character that is no white space; 0 at the end.
inline char json_reader::look() noexcept {
    while (position_ != end_) {
        const char c = *position_;
        if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t')) {
            return c;
        }
        ++position_;
    }
    return 0;
}

inline json_kind json_reader::peek() noexcept {
    const char c = look();
    switch (c) {
    case '"':
        return json_kind::string;
    case '{':
        return json_kind::object;
    case '[':
        return json_kind::array;
    case 't':
    case 'f':
        return json_kind::boolean;
    case 'n':
        return json_kind::null;
    default:
        return c == '-' || (c >= '0' && c <= '9') ? json_kind::number : json_kind::none;
    }
}

/// Steps over a comma to the next member or element, or out of the array or object.
inline bool json_reader::next(char closing) noexcept {
    const char c = look();
    const bool first = first_;
    first_ = false;
    if (c == closing) {
        ++position_;
        --depth_;
        return false;
    }
    if (first && c != 0) {
        return true;
    }
    if (c != ',') {
        return unexpected();
    }
    ++position_;
    return true;
}

inline bool json_reader::next_raw_member(std::string_view& key, bool& escaped) noexcept {
    if (!next('}')) {
        return false;
    }
    if (look() != '"') {
        return unexpected();
    }
    if (!scan_string(key, escaped)) {
        return false;
    }
    if (look() != ':') {
        return unexpected();
    }
    ++position_;
    return true;
}

inline bool json_reader::next_member(std::string_view& key) {
    bool escaped = false;
    if (!next_raw_member(key, escaped)) {
        return false;
    }
    raw_key_ = {key.data() - 1, key.size() + 2};
    if (escaped) {
        unescape(key, unescaped_key_);
        key = unescaped_key_;
    }
    return true;
}

inline bool json_reader::read_string(std::string& out) {
    if (look() != '"') {
        return unexpected();
    }
    std::string_view content;
    bool escaped = false;
    if (!scan_string(content, escaped)) {
        return false;
    }
    if (escaped) {
        unescape(content, out);
    } else {
        out = std::string(content);
    }
    return true;
}

/// Reads the string whose opening quote is next.
inline bool json_reader::scan_string(std::string_view& content, bool& escaped) noexcept {
    const char* const start = ++position_;
    while (true) {
        skip_plain();
        if (position_ != end_ && *position_ == '"') {
            content = {start, static_cast<std::size_t>(position_ - start)};
            ++position_;
            return true;
        }
        if (!scan_special(escaped)) {
            return false;
        }
    }
}

/// Steps to the next character that is a quote, a backslash, a control character or not ASCII, or to the end.
inline void json_reader::skip_plain() noexcept {
    constexpr std::uint64_t each = 0x0101010101010101U;
    constexpr std::uint64_t top_bits = each * 0x80;
    std::uint64_t bytes = 0;
    while (end_ - position_ >= static_cast<std::ptrdiff_t>(sizeof bytes)) {
        std::memcpy(&bytes, position_, sizeof bytes);
        // A subtraction sets the top bit of each byte that is below what is subtracted. Its borrow can mark a
        // more significant byte wrongly, but only behind one that is marked rightly.
        const std::uint64_t quotes = (bytes ^ (each * '"')) - each;
        const std::uint64_t backslashes = (bytes ^ (each * '\\')) - each;
        const std::uint64_t controls = bytes - each * 0x20;
        const std::uint64_t marks = (bytes | quotes | backslashes | controls) & top_bits;
        if (marks != 0) {
            if constexpr (std::endian::native == std::endian::little) {
                position_ += std::countr_zero(marks) / 8;
                return;
            }
            break;
        }
        position_ += sizeof bytes;
    }
    while (position_ != end_ && static_cast<unsigned char>(*position_ - 0x20) < 0x60 && *position_ != '"' &&
           *position_ != '\\') {
        ++position_;
    }
}

} // namespace bandwidth::webrtc::detail
