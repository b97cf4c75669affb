#include "bulk/figures/sparkline.hpp"

#include <doctest/doctest.h>
#include <limits>
#include <vector>

using namespace bandwidth::webrtc::bulk;

namespace {

std::string spark_of(const std::vector<double>& values, std::size_t columns = 80, bool unicode = true) {
    return sparkline(values, columns, unicode);
}

} // namespace

TEST_CASE("sparkline: eight levels from zero to the largest value") {
    CHECK(spark_of({0, 1, 2, 3, 4, 5, 6, 7}) == "▁▂▃▄▅▆▇█");
    CHECK(spark_of({0, 10, 20, 30, 40, 50, 60, 70}) == "▁▂▃▄▅▆▇█");
    CHECK(spark_of({5, 5, 5}) == "███");
    CHECK(spark_of({0, 1, 2, 3, 4, 5, 6, 7}, 80, false) == "_.:-=+*#");
}

TEST_CASE("sparkline: zero alone is lowest") {
    CHECK(spark_of({0, 0, 0}) == "▁▁▁");
    CHECK(spark_of({0, 1e-9, 1000}) == "▁▂█");
}

TEST_CASE("sparkline: the last values, scaled by what is shown") {
    CHECK(spark_of({1000, 0, 1, 7}, 3) == "▁▂█");
    CHECK(spark_of({1, 2}, 0) == "");
}

TEST_CASE("sparkline: empty where there are no values") {
    CHECK(spark_of({}) == "");
    const double none = std::numeric_limits<double>::quiet_NaN();
    CHECK(spark_of({7, none, 0}) == "█ ▁");
    CHECK(spark_of({none, none}) == "  ");
}
