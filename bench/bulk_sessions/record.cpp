#include "bulk_sessions/record.hpp"

#include "bulk_sessions/units.hpp"

namespace bandwidth::webrtc::bench {

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

} // namespace bandwidth::webrtc::bench
