#include "bulk/report/report.hpp"

#include <algorithm>

namespace bandwidth::webrtc::bulk {

namespace {

operation_report report_operation(call_kind kind, const call_record& record) {
    operation_report made;
    made.operation = to_string(kind);
    made.succeeded = record.succeeded();
    made.failed = record.failed;
    made.mismatched = record.mismatched;
    made.skipped = record.skipped;
    made.time = record.time;
    made.latency = summarize(record.latencies);
    made.first_mismatch = record.first_mismatch;
    for (const auto& [code, error] : record.errors)
        made.errors.push_back({code.message(), error.count, error.first});
    std::stable_sort(made.errors.begin(), made.errors.end(),
                     [](const error_report& a, const error_report& b) { return a.count > b.count; });
    return made;
}

} // namespace

operation_report report::totals() const {
    operation_report all;
    all.operation = "all";
    all.time = time;
    for (const auto& one : operations) {
        all.succeeded += one.succeeded;
        all.failed += one.failed;
        all.mismatched += one.mismatched;
        all.skipped += one.skipped;
    }
    return all;
}

std::vector<operation_report> report_operations(const bulk_run& run) {
    std::vector<operation_report> operations;
    for (std::size_t number = 0; number < call_kind_count; ++number) {
        const auto kind = static_cast<call_kind>(number);
        const auto& record = run.record(kind);
        if (record.calls() + record.skipped > 0)
            operations.push_back(report_operation(kind, record));
    }
    return operations;
}

} // namespace bandwidth::webrtc::bulk
