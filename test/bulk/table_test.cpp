#include "bulk/figures/table.hpp"

#include <doctest/doctest.h>

using namespace bandwidth::webrtc::bulk;

TEST_CASE("table: the first column to the left, the others to the right, as wide as needed") {
    CHECK(format_table({{"name", "calls", "x"}, {"get_session", "7", "1.5"}, {"all", "1,007", ""}}) ==
          "name         calls    x\n"
          "get_session      7  1.5\n"
          "all          1,007\n");
}

TEST_CASE("table: of one cell, and of nothing") {
    CHECK(format_table({{"only"}}) == "only\n");
    CHECK(format_table({}) == "");
    CHECK(format_table({{"", ""}}) == "\n");
}
