#include "bulk/figures/closest_word.hpp"

#include <doctest/doctest.h>
#include <vector>

using namespace bandwidth::webrtc::bulk;

namespace {

const std::vector<std::string> some_options = {
    "--sessions", "--concurrency", "--connections", "--rate", "--ramp", "--json", "-c", "-n"};

std::optional<std::string> suggestion(std::string_view word) { return closest_word(word, some_options); }

} // namespace

TEST_CASE("closest word: one character is missing, too many, wrong, or exchanged with its neighbour") {
    CHECK(suggestion("--sesions") == "--sessions");
    CHECK(suggestion("--sesssions") == "--sessions");
    CHECK(suggestion("--sessiona") == "--sessions");
    CHECK(suggestion("--jsno") == "--json");
    CHECK(suggestion("--rate") == "--rate");
    CHECK(suggestion("-sessions") == "--sessions");
    CHECK(suggestion("sessions") == "--sessions");
}

TEST_CASE("closest word: up to a third of the length, but three at most and one at least") {
    CHECK(suggestion("--conections") == "--connections");
    CHECK(suggestion("--conectoins") == "--connections");
    CHECK(suggestion("--konectoins") == "--connections");
    CHECK_FALSE(suggestion("--konectoinz"));
    const std::vector<std::string> long_words = {"--requests-in-flight"};
    CHECK(closest_word("--rekuestz-on-flight", long_words) == "--requests-in-flight");
    CHECK_FALSE(closest_word("--rekuestz-on-flyght", long_words));
    CHECK(suggestion("--rat") == "--rate");
    CHECK_FALSE(suggestion("--rut"));
    CHECK_FALSE(suggestion("--rxyz"));
}

TEST_CASE("closest word: the first of those that are as close") {
    const std::vector<std::string> alike = {"cart", "card", "care"};
    CHECK(closest_word("cara", alike) == "cart");
    CHECK(closest_word("care", alike) == "care");
}

TEST_CASE("closest word: none for what has nothing in common, or is nothing") {
    CHECK_FALSE(suggestion("-x"));
    CHECK_FALSE(suggestion("--"));
    CHECK_FALSE(suggestion(""));
    CHECK_FALSE(suggestion("--unheard-of"));
    CHECK_FALSE(closest_word("--rate", {}));
}
