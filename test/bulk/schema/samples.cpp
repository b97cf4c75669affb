#include <boost/json/serialize.hpp>
#include <iostream>

#include "bulk/any_report.hpp"

// Prints made-up reports with every field there can be, single ones and merged ones, for check.py.
int main() {
    using namespace bandwidth::webrtc::bulk;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        support::random_numbers random(seed, 0);
        auto made = made_up::any_report(random, 1);
        std::cout << boost::json::serialize(to_json(made)) << '\n';
        merge(made, made_up::any_report(random, 2));
        std::cout << boost::json::serialize(to_json(made)) << '\n';
    }
    std::cout << boost::json::serialize(to_json(report{{part_record()}, {}, {}, {}, {}, {}, 0})) << '\n';
}
