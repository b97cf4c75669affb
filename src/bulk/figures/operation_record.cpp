#include "bulk/figures/operation_record.hpp"

#include "bulk/figures/hint.hpp"
#include "bulk/figures/units.hpp"

#include <algorithm>

namespace bandwidth::webrtc::bulk {

void operation_record::add_info(const response_info& info) {
    const auto& spent = info.timings();
    queueing.add(spent.queue + spent.pipeline);
    if (spent.connect.count() > 0)
        connecting.add(spent.connect);
    service.add(spent.wait + spent.receive);
    sent_again += static_cast<std::uint64_t>(std::max(info.attempts() - 1, 0));
}

void operation_record::add_failure(const failure& failure) {
    ++failed;
    sent_again += static_cast<std::uint64_t>(std::max(failure.attempts() - 1, 0));
    auto& kind = errors[failure.code().message()];
    if (kind.count++ > 0)
        return;
    kind.first = printable(failure.describe());
    if (const auto hint = hint_for(failure.code()); !hint.empty())
        kind.first += " (" + std::string(hint) + ')';
}

void operation_record::add_check(const std::string& problem) {
    if (problem.empty())
        return;
    if (mismatched++ == 0)
        first_mismatch = printable(problem);
}

void operation_record::add(const operation_record& other, bool at_the_same_time) {
    latency.add(other.latency);
    call_time.add(other.call_time);
    queueing.add(other.queueing);
    connecting.add(other.connecting);
    service.add(other.service);
    for (const auto& [code, error] : other.errors) {
        auto& kind = errors[code];
        if (kind.count == 0)
            kind.first = error.first;
        kind.count += error.count;
    }
    if (mismatched == 0)
        first_mismatch = other.first_mismatch;
    failed += other.failed;
    mismatched += other.mismatched;
    skipped += other.skipped;
    sent_again += other.sent_again;
    time = at_the_same_time ? std::max(time, other.time) : time + other.time;
}

} // namespace bandwidth::webrtc::bulk
