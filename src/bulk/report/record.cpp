#include "bulk/report/record.hpp"

#include "bulk/figures/units.hpp"

namespace bandwidth::webrtc::bulk {

void call_record::add_failure(const failure& failure) {
    ++failed;
    auto& kind = errors[failure.code()];
    if (kind.count++ == 0)
        kind.first = printable(failure.describe());
}

void call_record::add_check(const std::string& problem) {
    if (problem.empty())
        return;
    if (mismatched++ == 0)
        first_mismatch = printable(problem);
}

} // namespace bandwidth::webrtc::bulk
