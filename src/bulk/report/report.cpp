#include "bulk/report/report.hpp"

#include "bulk/report/client_figures.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace {

using shard_key = std::pair<std::string, std::size_t>; // run and shard

shard_key key_of(const part_record& part) { return {part.run_id, part.shard_index}; }

bool overlap(const report& a, const report& b) {
    return std::any_of(
        a.parts.begin(), a.parts.end(),
        [&](const part_record& one) {
            return std::any_of(
                b.parts.begin(), b.parts.end(),
                [&](const part_record& other) {
                    return one.started < other.started + other.time && other.started < one.started + one.time;
                });
        });
}

// For each shard the part that began last.
std::map<shard_key, const part_record*> last_parts(const std::vector<part_record>& parts) {
    std::map<shard_key, const part_record*> last;
    for (const auto& part : parts) {
        auto& found = last[key_of(part)];
        if (found == nullptr || found->started < part.started)
            found = &part;
    }
    return last;
}

clean_up_record::thing& thing_of(clean_up_record& record, const std::string& noun) {
    for (auto& one : record.things)
        if (one.noun == noun)
            return one;
    return record.things.emplace_back(clean_up_record::thing{noun});
}

} // namespace

std::uint64_t clean_up_record::deleted() const noexcept {
    std::uint64_t all = 0;
    for (const auto& one : things)
        all += one.deleted;
    return all;
}

std::uint64_t clean_up_record::left() const noexcept {
    std::uint64_t all = 0;
    for (const auto& one : things)
        all += one.left;
    return all;
}

std::chrono::nanoseconds report::time() const noexcept {
    auto first = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds last{0};
    for (const auto& part : parts) {
        first = std::min(first, part.started);
        last = std::max(last, part.started + part.time);
    }
    return parts.empty() ? std::chrono::nanoseconds(0) : last - first;
}

operation_figures report::totals() const {
    operation_figures all;
    all.operation = "all";
    for (const auto& one : operations)
        all.record.add(one.record, true);
    all.record.time = time();
    return all;
}

clean_up_record report::clean_up() const {
    clean_up_record all;
    for (const auto& part : parts) {
        for (const auto& one : part.clean_up.things)
            thing_of(all, one.noun).deleted += one.deleted;
        all.unknown_creations += part.clean_up.unknown_creations;
        all.time = std::max(all.time, part.clean_up.time);
    }
    for (const auto& [key, part] : last_parts(parts)) {
        for (const auto& one : part->clean_up.things)
            thing_of(all, one.noun).left += one.left;
        if (all.first_error.empty())
            all.first_error = part->clean_up.first_error;
    }
    return all;
}

std::optional<life_record> report::lives() const {
    std::optional<life_record> all;
    std::map<shard_key, std::uint64_t> planned;
    for (const auto& part : parts) {
        if (!part.lives)
            continue;
        if (!all)
            all.emplace();
        all->complete += part.lives->complete;
        all->failed += part.lives->failed;
        planned[key_of(part)] = std::max(planned[key_of(part)], part.lives->planned);
    }
    for (const auto& [key, count] : planned)
        all->planned += count;
    if (all && parts.size() == 1)
        all->complete_before = parts.front().lives->complete_before;
    return all;
}

void merge(report& into, const report& other) {
    for (const auto& part : other.parts)
        for (const auto& known : into.parts)
            if (key_of(part) == key_of(known) && part.started == known.started)
                throw std::invalid_argument("run " + part.run_id + ", shard " +
                                            std::to_string(part.shard_index) + " of " +
                                            std::to_string(part.shard_count) + " is there twice");
    const bool at_the_same_time = overlap(into, other);
    for (const auto& one : other.operations) {
        const auto known =
            std::find_if(into.operations.begin(), into.operations.end(),
                         [&](const operation_figures& of) { return of.operation == one.operation; });
        if (known == into.operations.end())
            into.operations.push_back(one);
        else
            known->record.add(one.record, at_the_same_time);
    }
    into.parts.insert(into.parts.end(), other.parts.begin(), other.parts.end());
    std::stable_sort(into.parts.begin(), into.parts.end(), [](const part_record& a, const part_record& b) {
        return std::pair(a.started, a.shard_index) < std::pair(b.started, b.shard_index);
    });
    into.series.add(other.series);
    add(into.client, other.client);
    if (other.most_pipelined_at_service)
        into.most_pipelined_at_service =
            std::max(into.most_pipelined_at_service.value_or(0), *other.most_pipelined_at_service);
    const auto last = last_parts(into.parts);
    into.exit_status =
        std::any_of(last.begin(), last.end(), [](const auto& one) { return one.second->exit_status != 0; })
            ? 1
            : 0;
}

} // namespace bandwidth::webrtc::bulk
