#include "bulk/report/report.hpp"

#include "bulk/figures/units.hpp"
#include "bulk/report/client_figures.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace {

using shard_key = std::pair<std::string, std::size_t>; // run and shard

shard_key key_of(const part_record& part) { return {part.run_id, part.shard_index}; }

using operation_times = std::map<std::string, std::chrono::nanoseconds, std::less<>>;

std::chrono::nanoseconds end_of(const part_record& part) { return part.started + part.time; }

std::vector<const part_record*> in_order(const std::vector<part_record>& parts) {
    std::vector<const part_record*> ordered;
    for (const auto& part : parts)
        ordered.push_back(&part);
    std::sort(ordered.begin(), ordered.end(),
              [](const auto* a, const auto* b) { return a->started < b->started; });
    return ordered;
}

// Figures that were read may be any.
std::chrono::nanoseconds sum_of(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
    return a > std::chrono::nanoseconds::max() - b ? std::chrono::nanoseconds::max() : a + b;
}

// Of an operation. As long as parts overlap, shards run at the same time: what counts is the one that takes
// longest, with all its parts. It is made of the parts alone, so that the order in which reports are merged
// does not matter.
std::chrono::nanoseconds time_of(const std::string& operation, const std::vector<const part_record*>& parts) {
    std::chrono::nanoseconds all{0};
    std::chrono::nanoseconds end{0};
    std::map<shard_key, std::chrono::nanoseconds> of_shards; // since nothing ran
    const auto longest = [&] {
        std::chrono::nanoseconds found{0};
        for (const auto& [key, time] : of_shards)
            found = std::max(found, time);
        return found;
    };
    for (const auto* part : parts) {
        if (part->started >= end) {
            all = sum_of(all, longest());
            of_shards.clear();
        }
        end = std::max(end, end_of(*part));
        if (const auto found = part->operation_times.find(operation); found != part->operation_times.end()) {
            auto& time = of_shards[key_of(*part)];
            time = sum_of(time, found->second);
        }
    }
    return sum_of(all, longest());
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

std::chrono::nanoseconds report::time() const {
    std::chrono::nanoseconds all{0};
    std::chrono::nanoseconds end{0};
    for (const auto* part : in_order(parts)) {
        const auto since = std::max(part->started, end);
        end = std::max(end, end_of(*part));
        all += end - std::min(since, end);
    }
    return all;
}

std::map<std::string, std::chrono::nanoseconds, std::less<>> report::operation_times_of(
    const part_record& part) const {
    auto times = part.operation_times;
    if (times.empty() && parts.size() == 1)
        for (const auto& one : operations)
            times[one.operation] = one.record.time;
    return times;
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
        all.time = std::max(all.time, part.clean_up.time);
    }
    for (const auto& [key, part] : last_parts(parts)) {
        for (const auto& one : part->clean_up.things)
            thing_of(all, one.noun).left += one.left;
        all.unknown_creations += part->clean_up.unknown_creations; // those of the parts before among them
        if (all.first_error.empty())
            all.first_error = part->clean_up.first_error;
    }
    return all;
}

std::optional<life_record> report::lives() const {
    std::optional<life_record> all;
    std::map<shard_key, life_record> of_shards;
    for (const auto& part : parts) {
        if (!part.lives)
            continue;
        if (!all)
            all.emplace();
        all->complete += part.lives->complete;
        all->failed += part.lives->failed;
        // What a part of a shard found complete is what the parts before it did, but for those that are not
        // here.
        auto& shard = of_shards.try_emplace(key_of(part), *part.lives).first->second;
        shard.planned = std::max(shard.planned, part.lives->planned);
        shard.complete_before = std::min(shard.complete_before, part.lives->complete_before);
    }
    for (const auto& [key, shard] : of_shards) {
        all->planned += shard.planned;
        all->complete_before += shard.complete_before;
    }
    return all;
}

void merge(report& into, const report& other) {
    std::set<std::pair<shard_key, std::chrono::nanoseconds>> known_parts;
    for (const auto* parts : {&std::as_const(into.parts), &other.parts})
        for (const auto& part : *parts)
            if (!known_parts.emplace(key_of(part), part.started).second)
                throw std::invalid_argument("run " + printable(part.run_id) + ", shard " +
                                            std::to_string(part.shard_index) + " of " +
                                            std::to_string(part.shard_count) + " is there twice");
    std::vector<part_record> added = other.parts;
    for (auto& part : added)
        part.operation_times = other.operation_times_of(part);
    for (auto& part : into.parts)
        part.operation_times = into.operation_times_of(part);
    for (const auto& one : other.operations) {
        const auto known =
            std::find_if(into.operations.begin(), into.operations.end(),
                         [&](const operation_figures& of) { return of.operation == one.operation; });
        if (known == into.operations.end())
            into.operations.push_back(one);
        else
            known->record.add(one.record, true);
    }
    into.parts.insert(into.parts.end(), added.begin(), added.end());
    std::stable_sort(into.parts.begin(), into.parts.end(), [](const part_record& a, const part_record& b) {
        return std::pair(a.started, a.shard_index) < std::pair(b.started, b.shard_index);
    });
    const auto ordered = in_order(into.parts);
    for (auto& one : into.operations)
        one.record.time = time_of(one.operation, ordered);
    into.series.add(other.series);
    add(into.client, other.client);
    if (other.most_pipelined_at_service)
        into.most_pipelined_at_service =
            std::max(into.most_pipelined_at_service.value_or(0), *other.most_pipelined_at_service);
    into.thresholds.clear();
    const auto last = last_parts(into.parts);
    into.exit_status =
        std::any_of(last.begin(), last.end(), [](const auto& one) { return one.second->exit_status != 0; })
            ? 1
            : 0;
}

} // namespace bandwidth::webrtc::bulk
