#include "bulk/program/report_commands.hpp"

#include "bulk/program/output.hpp"
#include "bulk/report/compare.hpp"
#include "bulk/report/exit_status.hpp"
#include "bulk/report/report.hpp"

#include <boost/json/serialize.hpp>
#include <ostream>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace {

std::vector<report> read_reports(const std::vector<std::string>& paths) {
    std::vector<report> all;
    for (const auto& path : paths)
        all.push_back(read_report(path));
    return all;
}

} // namespace

int merge_reports(const options& wanted, std::ostream& out, std::ostream& err) {
    auto all = read_reports(wanted.inputs);
    auto merged = std::move(all.front());
    for (std::size_t number = 1; number < all.size(); ++number)
        merge(merged, all[number]);
    const auto status = judge(wanted, merged);
    if (wanted.json != "-")
        out << format_report(merged) << format_thresholds(merged) << format_clean_up(merged) << std::flush;
    if (!write_files(wanted, merged, out, err) && status == 0)
        return static_cast<int>(exit_status::operations_failed);
    return status;
}

int compare_reports(const options& wanted, std::ostream& out, std::ostream& err) {
    // Of two files one is the base; else those of the option are the new ones.
    auto base = read_reports(wanted.inputs);
    auto now = read_reports(wanted.new_inputs);
    if (now.empty()) {
        now.push_back(std::move(base.back()));
        base.pop_back();
    }
    const auto found = compare(base, now, wanted.tolerance);
    if (wanted.json != "-")
        out << format_comparison(found) << std::flush;
    const bool is_written = write_comparison(wanted, found, base.front(), now.front(), out, err);
    return static_cast<int>(found.any_worse() || !is_written ? exit_status::operations_failed
                                                             : exit_status::ok);
}

} // namespace bandwidth::webrtc::bulk
