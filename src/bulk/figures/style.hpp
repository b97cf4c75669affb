#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// Whether to write colours: what `--color` says.
enum class color_mode {
    automatic, ///< by the environment and by whether a terminal reads
    always,
    never,
};

/// How a piece of text is to stand out. Only what light and dark terminals both show well.
enum class text_effect { bold, dim, red, green, cyan };

/// What the reader of a text can show. Plain ASCII unless told otherwise.
struct style {
    bool color = false;   ///< colours, bold and dim
    bool unicode = false; ///< block and line characters, in UTF-8

    /// The text between the escape sequences of the effect; as it is where there is no colour, or no text.
    std::string apply(text_effect effect, std::string_view text) const;
    /// The text on one line, without control characters and malformed UTF-8, in ASCII where that is all there
    /// is. What cannot be shown becomes '?'. For text that somebody else has chosen.
    std::string safe(std::string_view text) const;
};

/// Looks up a variable of the environment: its value, or null where it is not set. `std::getenv` is one.
using environment_lookup = std::function<const char*(const char* name)>;

/// Chooses by the conventions: NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR (in this order, where not empty; the
/// latter two also count as not set where they are "0"), then whether a terminal reads whose TERM is not
/// "dumb". Unicode is used where the locale (LC_ALL, LC_CTYPE or LANG, the first that is not empty) is one of
/// UTF-8.
/// \param mode         goes before all variables; says nothing about Unicode
/// \param is_terminal  whether a terminal reads what is written
style choose_style(color_mode mode, bool is_terminal, const environment_lookup& environment);

/// How many columns of a terminal the text takes: escape sequences and combining characters take none, East
/// Asian wide characters and emoji two, each byte of malformed UTF-8 one.
std::size_t display_columns(std::string_view text);

/// The text up to so many columns. Escape sequences are all kept, so that no colour stays on.
std::string cut_to_columns(std::string_view text, std::size_t columns);

} // namespace bandwidth::webrtc::bulk
