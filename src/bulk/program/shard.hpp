#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// One of the parts that a run is divided into, each for a process of its own.
struct shard {
    /// From 1 to `count`.
    std::size_t index = 1;
    std::size_t count = 1;

    friend bool operator==(const shard&, const shard&) = default;
};

/// Looks a variable of the environment up, as std::getenv does: a null pointer where it is not set.
using environment_lookup = std::function<const char*(const char* name)>;

/// Reads "2/4" (the second of four), "auto" (both numbers from the environment) or "auto/4" (the index from
/// the environment). The environment tells by the first of these that is set:
/// - Open MPI: OMPI_COMM_WORLD_RANK of OMPI_COMM_WORLD_SIZE
/// - an array of Slurm: SLURM_ARRAY_TASK_ID among SLURM_ARRAY_TASK_MIN, _MAX, _STEP and _COUNT
/// - Slurm's srun with several tasks: SLURM_PROCID of SLURM_NTASKS, where that is above 1
/// - an Indexed Job of Kubernetes: JOB_COMPLETION_INDEX, with "auto/4" only, as its number is not told
///
/// Where the environment tells the number too, "auto/4" is refused unless it is that: of an array that is run
/// again in part, the first task is not the first shard.
/// \throws std::invalid_argument telling what is wrong, with the variable and its value.
shard parse_shard(std::string_view text, const environment_lookup& environment);

/// Some of the things from 0 to a total: `count` of them, from `first` on.
struct share {
    std::size_t first = 0;
    std::size_t count = 0;

    friend bool operator==(const share&, const share&) = default;
};

/// What of `total` things is this shard's. The shares of all shards are one after the other, have no thing
/// twice and leave none out; their sizes differ by one at most.
share share_of(std::size_t total, const shard& part) noexcept;

/// "2-of-4".
std::string shard_text(const shard& part);

/// The name with "2-of-4" in place of each {shard}, and the run's id in place of each {run}.
/// \throws std::invalid_argument telling of another text in braces.
std::string expand_file_name(std::string_view pattern, const shard& part, std::string_view run_id);

} // namespace bandwidth::webrtc::bulk
