#include "bulk/figures/style.hpp"

#include <doctest/doctest.h>
#include <map>

using namespace bandwidth::webrtc::bulk;

namespace {

using variables = std::map<std::string, std::string>;

style style_in(const variables& set, bool is_terminal = true, color_mode mode = color_mode::automatic) {
    return choose_style(
        mode, is_terminal,
        [&set](const char* name) {
            const auto found = set.find(name);
            return found == set.end() ? nullptr : found->second.c_str();
        });
}

} // namespace

TEST_CASE("style: colour on a terminal that is not dumb") {
    CHECK(style_in({{"TERM", "xterm"}}).color);
    CHECK_FALSE(style_in({{"TERM", "xterm"}}, false).color);
    CHECK_FALSE(style_in({{"TERM", "dumb"}}).color);
    CHECK_FALSE(style_in({}).color);
}

TEST_CASE("style: NO_COLOR, unless it is empty, goes before what forces colour") {
    CHECK_FALSE(style_in({{"TERM", "xterm"}, {"NO_COLOR", "1"}}).color);
    CHECK_FALSE(style_in({{"TERM", "xterm"}, {"NO_COLOR", "0"}, {"FORCE_COLOR", "1"}}).color);
    CHECK(style_in({{"TERM", "xterm"}, {"NO_COLOR", ""}}).color);
}

TEST_CASE("style: CLICOLOR_FORCE and FORCE_COLOR give colour to anything") {
    CHECK(style_in({{"CLICOLOR_FORCE", "1"}}, false).color);
    CHECK(style_in({{"FORCE_COLOR", "3"}, {"TERM", "dumb"}}, false).color);
    CHECK_FALSE(style_in({{"CLICOLOR_FORCE", "0"}, {"FORCE_COLOR", ""}}, false).color);
}

TEST_CASE("style: the option goes before the environment") {
    CHECK(style_in({{"NO_COLOR", "1"}, {"TERM", "dumb"}}, false, color_mode::always).color);
    CHECK_FALSE(style_in({{"FORCE_COLOR", "1"}, {"TERM", "xterm"}}, true, color_mode::never).color);
}

TEST_CASE("style: Unicode by the locale, with or without colour") {
    CHECK(style_in({{"LANG", "de_DE.UTF-8"}}, false, color_mode::never).unicode);
    CHECK(style_in({{"LANG", "C.utf8"}}).unicode);
    CHECK_FALSE(style_in({{"LANG", "de_DE.ISO-8859-1"}}).unicode);
    CHECK_FALSE(style_in({}).unicode);
    CHECK_FALSE(style_in({{"LC_ALL", "C"}, {"LC_CTYPE", "C.UTF-8"}, {"LANG", "C.UTF-8"}}).unicode);
    CHECK(style_in({{"LC_ALL", ""}, {"LC_CTYPE", "C.UTF-8"}, {"LANG", "C"}}).unicode);
}

TEST_CASE("style: an effect is switched off after the text") {
    const style colorful{.color = true, .unicode = false};
    CHECK(colorful.apply(text_effect::red, "12") == "\x1b[31m12\x1b[0m");
    CHECK(colorful.apply(text_effect::bold, "12") == "\x1b[1m12\x1b[0m");
    CHECK(colorful.apply(text_effect::red, "") == "");
    CHECK(style().apply(text_effect::red, "12") == "12");
}

TEST_CASE("style: nothing in a text of somebody else commands the terminal") {
    const style unicode{.color = false, .unicode = true};
    CHECK(unicode.safe("run · grün\n\x1b[2J") == "run · grün??[2J");
    CHECK(unicode.safe("a\xc2\x9b"
                       "b") == "a?b"); // a control character above ASCII
    CHECK(unicode.safe("\xff\xc3") == "??");
    CHECK(unicode.safe("\xc0\x80\xed\xa0\x80") == "?????"); // zero in two bytes, and half of a pair
    CHECK(unicode.safe("\xe0\x80\x9b") == "???");           // a control character in three bytes
    CHECK(style().safe("run · grün") == "run - gr?n");
}

TEST_CASE("style: columns are not bytes") {
    CHECK(display_columns("") == 0);
    CHECK(display_columns("plain") == 5);
    CHECK(display_columns("gr\xc3\xbcn ▁█…") == 8);
    CHECK(display_columns("e\xcc\x81") == 1); // e and a combining accent
    CHECK(display_columns("漢字") == 4);
    CHECK(display_columns("\xf0\x9f\x98\x80") == 2); // an emoji
    CHECK(display_columns("\x1b[31mred\x1b[0m") == 3);
    CHECK(display_columns("\xff\xe2\x96") == 3); // malformed, and cut short
}

TEST_CASE("style: a text cut to columns ends its colour, and halves no character") {
    CHECK(cut_to_columns("plain", 3) == "pla");
    CHECK(cut_to_columns("plain", 9) == "plain");
    CHECK(cut_to_columns("▁▂▃", 2) == "▁▂");
    CHECK(cut_to_columns("a漢b", 2) == "a");
    CHECK(cut_to_columns("\x1b[31mred\x1b[0m and", 2) == "\x1b[31mre\x1b[0m");
    CHECK(cut_to_columns("plain", 0) == "");
    CHECK(cut_to_columns("\x1b[3", 5) == "\x1b[3");
}
