#include "bulk/program/report_commands.hpp"

#include "bulk/figures/units.hpp"
#include "bulk/program/output.hpp"
#include "bulk/report/compare.hpp"
#include "bulk/report/exit_status.hpp"
#include "bulk/report/report.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::bulk {

namespace {

std::vector<report> read_reports(const std::vector<std::string>& paths) {
    std::vector<report> all;
    for (const auto& path : paths)
        all.push_back(read_report(path));
    return all;
}

// Tells which shards are not there, and that reports are of several runs.
// \return whether all shards are there
bool check_shards(const report& merged, std::ostream& err) {
    std::map<std::string, std::set<std::size_t>> shards_of;
    std::map<std::string, std::size_t> count_of;
    for (const auto& part : merged.parts) {
        shards_of[part.run_id].insert(part.shard_index);
        auto& count = count_of[part.run_id];
        if (count != 0 && count != part.shard_count)
            err << "bandwidth-webrtc-bulk: run " << printable(part.run_id) << " has reports of "
                << std::min(count, part.shard_count) << " and of " << std::max(count, part.shard_count)
                << " shards" << std::endl;
        count = std::max(count, part.shard_count);
    }
    if (shards_of.size() > 1) {
        err << "bandwidth-webrtc-bulk: the reports are of " << shards_of.size() << " runs:";
        for (const auto& [run, shards] : shards_of)
            err << ' ' << printable(run);
        err << std::endl;
    }
    bool all_there = true;
    constexpr std::size_t named_at_most = 20;
    for (const auto& [run, shards] : shards_of) {
        const auto count = count_of[run];
        if (shards.size() >= count)
            continue;
        all_there = false;
        err << "bandwidth-webrtc-bulk: of run " << printable(run) << ' ' << count - shards.size() << " of "
            << count << " shards are missing:";
        std::size_t named = 0;
        for (std::size_t index = 1; index <= count && named < named_at_most; ++index)
            if (!shards.contains(index)) {
                err << ' ' << index;
                ++named;
            }
        err << (count - shards.size() > named ? " ..." : "") << std::endl;
    }
    return all_there;
}

} // namespace

int merge_reports(const options& wanted, std::ostream& out, std::ostream& err) {
    auto all = read_reports(wanted.inputs);
    auto merged = std::move(all.front());
    for (std::size_t number = 1; number < all.size(); ++number)
        merge(merged, all[number]);
    if (!check_shards(merged, err) && merged.exit_status == 0)
        merged.exit_status = static_cast<int>(exit_status::operations_failed);
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
