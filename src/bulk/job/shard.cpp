#include "bulk/job/shard.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace bandwidth::webrtc::bulk {

namespace {

std::optional<std::size_t> whole_number(std::string_view text) {
    std::size_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end)
        return std::nullopt;
    return value;
}

// A variable that has to be there, with a number from `min` to `max`.
std::size_t variable(const environment_lookup& environment, const std::string& name, std::size_t min,
                     std::size_t max) {
    const char* const text = environment(name.c_str());
    if (text == nullptr)
        throw std::invalid_argument(name + " is not set in the environment");
    const auto value = whole_number(text);
    if (!value || *value < min || *value > max)
        throw std::invalid_argument(name + " is '" + text + "', and not a number from " +
                                    std::to_string(min) + " to " + std::to_string(max));
    return *value;
}

// What the environment tells; a `count` of 0 is one that it does not tell.
struct place {
    std::size_t index = 0;
    std::size_t count = 0;
    std::string count_name;
};

// No system has more processes; sums of such numbers do not overflow.
constexpr std::size_t most_shards = 1'000'000'000;

place rank_and_size(const environment_lookup& environment, const std::string& rank, const std::string& size) {
    const auto count = variable(environment, size, 1, most_shards);
    return {variable(environment, rank, 0, count - 1) + 1, count, size};
}

// An array begins at any number and may have steps: "--array=10-40:10" has the tasks 10, 20, 30, 40. In one
// that is given as a list, such as "1,2,7", a task cannot know how many are before it.
place array_task(const environment_lookup& environment) {
    const auto min = variable(environment, "SLURM_ARRAY_TASK_MIN", 0, most_shards);
    const auto max = variable(environment, "SLURM_ARRAY_TASK_MAX", min, most_shards);
    const auto step = variable(environment, "SLURM_ARRAY_TASK_STEP", 1, most_shards);
    const auto count = variable(environment, "SLURM_ARRAY_TASK_COUNT", 1, most_shards);
    const auto id = variable(environment, "SLURM_ARRAY_TASK_ID", min, max);
    if ((max - min) / step + 1 != count || (id - min) % step != 0)
        throw std::invalid_argument("SLURM_ARRAY_TASK_ID is '" + std::to_string(id) + "' of " +
                                    std::to_string(count) + " tasks from " + std::to_string(min) + " to " +
                                    std::to_string(max) + " that are not " + std::to_string(step) +
                                    " apart: give the shard's number, as I/N");
    return {(id - min) / step + 1, count, "SLURM_ARRAY_TASK_COUNT"};
}

place find_place(const environment_lookup& environment) {
    const auto is_set = [&environment](const char* name) { return environment(name) != nullptr; };
    if (is_set("OMPI_COMM_WORLD_RANK"))
        return rank_and_size(environment, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE");
    if (is_set("SLURM_ARRAY_TASK_ID"))
        return array_task(environment);
    // A job that is no array has these too, with one task.
    if (is_set("SLURM_PROCID") && is_set("SLURM_NTASKS") &&
        variable(environment, "SLURM_NTASKS", 1, most_shards) > 1)
        return rank_and_size(environment, "SLURM_PROCID", "SLURM_NTASKS");
    if (is_set("JOB_COMPLETION_INDEX"))
        return {variable(environment, "JOB_COMPLETION_INDEX", 0, most_shards) + 1, 0, {}};
    throw std::invalid_argument(
        "the environment tells no shard: none of OMPI_COMM_WORLD_RANK, SLURM_ARRAY_TASK_ID, SLURM_PROCID "
        "(with "
        "SLURM_NTASKS above 1) and JOB_COMPLETION_INDEX is set");
}

shard from_environment(const environment_lookup& environment) {
    const auto found = find_place(environment);
    if (found.count == 0)
        throw std::invalid_argument("JOB_COMPLETION_INDEX is '" + std::to_string(found.index - 1) +
                                    "', but the environment does not tell of how many: give auto/N, with the "
                                    "Job's completions as N");
    return {found.index, found.count};
}

shard from_environment(const environment_lookup& environment, std::size_t count) {
    const auto found = find_place(environment);
    if (found.count != 0 && found.count != count)
        throw std::invalid_argument(found.count_name + " is '" + std::to_string(found.count) + "', and not " +
                                    std::to_string(count) + ": for a part of the shards give I/N");
    if (found.index > count)
        throw std::invalid_argument("JOB_COMPLETION_INDEX is '" + std::to_string(found.index - 1) +
                                    "', and not below " + std::to_string(count));
    return {found.index, count};
}

} // namespace

shard parse_shard(std::string_view text, const environment_lookup& environment) {
    if (text == "auto")
        return from_environment(environment);
    const auto slash = text.find('/');
    const auto count = slash == text.npos ? std::nullopt : whole_number(text.substr(slash + 1));
    const auto before = text.substr(0, slash);
    if (!count || *count == 0 || *count > most_shards || (before != "auto" && !whole_number(before)))
        throw std::invalid_argument('\'' + std::string(text) + "' is no shard, such as 2/4, auto or auto/4");
    if (before == "auto")
        return from_environment(environment, *count);
    const auto index = *whole_number(before);
    if (index < 1 || index > *count)
        throw std::invalid_argument('\'' + std::string(text) + "' is no shard: they are from 1 to " +
                                    std::to_string(*count));
    return {index, *count};
}

share share_of(std::size_t total, const shard& part) noexcept {
    const auto before = part.index - 1;
    const auto larger = total % part.count; // so many shards have one more
    return {total / part.count * before + std::min(before, larger), total / part.count + (before < larger)};
}

std::string shard_text(const shard& part) {
    return std::to_string(part.index) + "-of-" + std::to_string(part.count);
}

std::string expand_file_name(std::string_view pattern, const shard& part, std::string_view run_id) {
    std::string name;
    while (!pattern.empty()) {
        const auto open = std::min(pattern.find('{'), pattern.size());
        name += pattern.substr(0, open);
        pattern.remove_prefix(open);
        const auto close = pattern.find('}');
        if (close == pattern.npos) // no pair of braces any more
            return name.append(pattern);
        const auto word = pattern.substr(0, close + 1);
        if (word == "{shard}")
            name += shard_text(part);
        else if (word == "{run}")
            name += run_id;
        else
            throw std::invalid_argument('\'' + std::string(word) +
                                        "' in a file name is not {shard} or {run}");
        pattern.remove_prefix(close + 1);
    }
    return name;
}

} // namespace bandwidth::webrtc::bulk
