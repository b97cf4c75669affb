#include "bulk/figures/percentile_text.hpp"

#include <doctest/doctest.h>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

// The numbers are those that HdrHistogram_c 0.11.10 prints for the same values (lowest 100, highest a day,
// three digits, five lines for each half), but for the largest, which is exact here.
TEST_CASE("percentile text: what HdrHistogram's programs write of the same values") {
    histogram values;
    for (int i = 1; i <= 10; ++i)
        values.add(i * 1ms);
    CHECK(percentile_text(values) ==
          "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
          "       1.000 0.000000000000          1           1.00\n"
          "       1.000 0.100000000000          1           1.11\n"
          "       2.001 0.200000000000          2           1.25\n"
          "       3.000 0.300000000000          3           1.43\n"
          "       4.002 0.400000000000          4           1.67\n"
          "       5.001 0.500000000000          5           2.00\n"
          "       6.001 0.550000000000          6           2.22\n"
          "       6.001 0.600000000000          6           2.50\n"
          "       7.000 0.650000000000          7           2.86\n"
          "       7.000 0.700000000000          7           3.33\n"
          "       8.004 0.750000000000          8           4.00\n"
          "       8.004 0.775000000000          8           4.44\n"
          "       8.004 0.800000000000          8           5.00\n"
          "       9.003 0.825000000000          9           5.71\n"
          "       9.003 0.850000000000          9           6.67\n"
          "       9.003 0.875000000000          9           8.00\n"
          "       9.003 0.887500000000          9           8.89\n"
          "       9.003 0.900000000000          9          10.00\n"
          "      10.002 0.912500000000         10          11.43\n"
          "      10.002 1.000000000000         10\n"
          "#[Mean    =        5.500, StdDeviation   =        2.872]\n"
          "#[Max     =       10.000, Total count    =           10]\n"
          "#[Buckets =           31, SubBuckets     =         2048]\n");
}

TEST_CASE("percentile text: of nothing there are no lines") {
    CHECK(percentile_text(histogram()) ==
          "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
          "#[Mean    =        0.000, StdDeviation   =        0.000]\n"
          "#[Max     =        0.000, Total count    =            0]\n"
          "#[Buckets =           31, SubBuckets     =         2048]\n");
}
