#include "bulk/figures/style.hpp"

#include "bulk/figures/units.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace bandwidth::webrtc::bulk {

namespace {

// What a terminal takes as one: a character, or an escape sequence.
struct text_unit {
    std::size_t bytes = 1;
    std::size_t columns = 1;
    char32_t code = 0;      // 0 where it is no well-formed character
    bool is_escape = false; // a control sequence, ESC [ to its final byte
};

struct code_range {
    char32_t first;
    char32_t last;
};

constexpr std::array<code_range, 5> combining = {
    {{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}}};

constexpr std::array<code_range, 9> wide = {{{0x1100, 0x115f},
                                             {0x2e80, 0xa4cf},
                                             {0xac00, 0xd7a3},
                                             {0xf900, 0xfaff},
                                             {0xfe30, 0xfe6f},
                                             {0xff00, 0xff60},
                                             {0xffe0, 0xffe6},
                                             {0x1f300, 0x1faff},
                                             {0x20000, 0x3fffd}}};

template <std::size_t Size>
bool is_among(char32_t code, const std::array<code_range, Size>& ranges) {
    return std::any_of(
        ranges.begin(), ranges.end(),
        [code](const code_range& range) { return code >= range.first && code <= range.last; });
}

std::size_t escape_length(std::string_view text) {
    std::size_t length = 2; // ESC [
    while (length < text.size() && (text[length] < 0x40 || text[length] > 0x7e))
        ++length;
    return std::min(length + 1, text.size());
}

// The first unit of a text that is not empty.
text_unit first_unit(std::string_view text) {
    text_unit unit;
    if (text.starts_with("\x1b[")) {
        unit.bytes = escape_length(text);
        unit.columns = 0;
        unit.is_escape = true;
        return unit;
    }
    const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    if (byte(0) < 0x80) {
        unit.code = byte(0);
        return unit;
    }
    const std::size_t bytes = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
    if (byte(0) < 0xc2 || byte(0) > 0xf4 || bytes > text.size())
        return unit;
    char32_t code = byte(0) & (0xffu >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return unit;
        code = code << 6 | (byte(i) & 0x3f);
    }
    constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[bytes] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return unit;
    unit.bytes = bytes;
    unit.code = code;
    unit.columns = is_among(code, combining) ? 0 : is_among(code, wide) ? 2 : 1;
    return unit;
}

const char* escape_of(text_effect effect) {
    switch (effect) {
    case text_effect::bold:
        return "\x1b[1m";
    case text_effect::dim:
        return "\x1b[2m";
    case text_effect::red:
        return "\x1b[31m";
    case text_effect::green:
        return "\x1b[32m";
    case text_effect::cyan:
        return "\x1b[36m";
    }
    return "";
}

std::string_view value_of(const environment_lookup& environment, const char* name) {
    const char* const value = environment(name);
    return value != nullptr ? value : "";
}

bool wants_color(color_mode mode, bool is_terminal, const environment_lookup& environment) {
    if (mode != color_mode::automatic)
        return mode == color_mode::always;
    if (!value_of(environment, "NO_COLOR").empty())
        return false;
    for (const char* const name : {"CLICOLOR_FORCE", "FORCE_COLOR"}) {
        const auto value = value_of(environment, name);
        if (!value.empty() && value != "0")
            return true;
    }
    const auto term = value_of(environment, "TERM");
    return is_terminal && !term.empty() && term != "dumb";
}

bool reads_utf8(const environment_lookup& environment) {
    for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string locale(value_of(environment, name));
        if (locale.empty())
            continue;
        for (char& c : locale)
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    }
    return false;
}

} // namespace

std::string style::apply(text_effect effect, std::string_view text) const {
    if (!color || text.empty())
        return std::string(text);
    return escape_of(effect) + std::string(text) + "\x1b[0m";
}

std::string style::safe(std::string_view text) const {
    const auto clean = printable(text);
    std::string out;
    for (std::string_view rest = clean; !rest.empty();) {
        const auto unit = first_unit(rest);
        // From 0x80 to 0x9f are control characters, too.
        if (unit.code == 0xb7 && !unicode)
            out += '-'; // the dot between two parts
        else if (unit.code == 0 || (unit.code >= 0x80 && (!unicode || unit.code < 0xa0)))
            out += '?';
        else
            out += rest.substr(0, unit.bytes);
        rest.remove_prefix(unit.bytes);
    }
    return out;
}

style choose_style(color_mode mode, bool is_terminal, const environment_lookup& environment) {
    style chosen;
    chosen.color = wants_color(mode, is_terminal, environment);
    chosen.unicode = reads_utf8(environment);
    return chosen;
}

std::size_t display_columns(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto unit = first_unit(text);
        columns += unit.columns;
        text.remove_prefix(unit.bytes);
    }
    return columns;
}

std::string cut_to_columns(std::string_view text, std::size_t columns) {
    std::string out;
    std::size_t taken = 0;
    bool full = false;
    while (!text.empty()) {
        const auto unit = first_unit(text);
        full = full || taken + unit.columns > columns;
        if (!full || unit.is_escape) {
            out += text.substr(0, unit.bytes);
            taken += unit.columns;
        }
        text.remove_prefix(unit.bytes);
    }
    return out;
}

} // namespace bandwidth::webrtc::bulk
