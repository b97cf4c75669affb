#include "bulk/job/shard.hpp"

#include <doctest/doctest.h>
#include <cstddef>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

using namespace bandwidth::webrtc::bulk;

namespace {

using variables = std::map<std::string, std::string>;

shard shard_in(const variables& environment, const std::string& text = "auto") {
    return parse_shard(
        text,
        [&environment](const char* name) {
            const auto found = environment.find(name);
            return found == environment.end() ? nullptr : found->second.c_str();
        });
}

std::string shard_error(const variables& environment, const std::string& text = "auto") {
    try {
        shard_in(environment, text);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "no error";
}

variables array_of(const std::string& id, const std::string& min, const std::string& max,
                   const std::string& step, const std::string& count) {
    return {{"SLURM_ARRAY_TASK_ID", id},
            {"SLURM_ARRAY_TASK_MIN", min},
            {"SLURM_ARRAY_TASK_MAX", max},
            {"SLURM_ARRAY_TASK_STEP", step},
            {"SLURM_ARRAY_TASK_COUNT", count}};
}

} // namespace

TEST_CASE("shard: given as I/N, whatever the environment says") {
    const variables environment{{"OMPI_COMM_WORLD_RANK", "7"}, {"OMPI_COMM_WORLD_SIZE", "8"}};
    CHECK(shard_in(environment, "1/1") == shard{1, 1});
    CHECK(shard_in(environment, "2/4") == shard{2, 4});
    CHECK(shard_in({}, "4/4") == shard{4, 4});
    CHECK(shard_in({}, "1000000000/1000000000") == shard{1'000'000'000, 1'000'000'000});
}

TEST_CASE("shard: what is no shard is refused with its text") {
    for (const std::string text : {"",
                                   "2",
                                   "/",
                                   "2/",
                                   "/4",
                                   "a/4",
                                   "2/b",
                                   "2/4/6",
                                   "-1/4",
                                   "2/-4",
                                   "+2/4",
                                   " 2/4",
                                   "2 /4",
                                   "2.5/4",
                                   "1/0",
                                   "Auto",
                                   "auto/",
                                   "auto/0",
                                   "auto/x",
                                   "auto/4/4",
                                   "autos",
                                   "2/1000000001",
                                   "2/99999999999999999999"}) {
        CAPTURE(text);
        CHECK(shard_error({}, text) == "'" + text + "' is no shard, such as 2/4, auto or auto/4");
    }
    CHECK(shard_error({}, "0/4") == "'0/4' is no shard: they are from 1 to 4");
    CHECK(shard_error({}, "5/4") == "'5/4' is no shard: they are from 1 to 4");
}

TEST_CASE("shard: Open MPI counts from 0") {
    CHECK(shard_in({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "4"}}) == shard{1, 4});
    CHECK(shard_in({{"OMPI_COMM_WORLD_RANK", "3"}, {"OMPI_COMM_WORLD_SIZE", "4"}}) == shard{4, 4});
    CHECK(shard_in({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "1"}}) == shard{1, 1});
    CHECK(shard_error({{"OMPI_COMM_WORLD_RANK", "4"}, {"OMPI_COMM_WORLD_SIZE", "4"}}) ==
          "OMPI_COMM_WORLD_RANK is '4', and not a number from 0 to 3");
    CHECK(shard_error({{"OMPI_COMM_WORLD_RANK", "one"}, {"OMPI_COMM_WORLD_SIZE", "4"}}) ==
          "OMPI_COMM_WORLD_RANK is 'one', and not a number from 0 to 3");
    CHECK(shard_error({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "0"}}) ==
          "OMPI_COMM_WORLD_SIZE is '0', and not a number from 1 to 1000000000");
    CHECK(shard_error({{"OMPI_COMM_WORLD_RANK", "1"}}) ==
          "OMPI_COMM_WORLD_SIZE is not set in the environment");
}

TEST_CASE("shard: an array of Slurm begins anywhere and may have steps") {
    CHECK(shard_in(array_of("1", "1", "4", "1", "4")) == shard{1, 4});
    CHECK(shard_in(array_of("4", "1", "4", "1", "4")) == shard{4, 4});
    CHECK(shard_in(array_of("0", "0", "3", "1", "4")) == shard{1, 4});
    CHECK(shard_in(array_of("30", "10", "40", "10", "4")) == shard{3, 4});
    CHECK(shard_in(array_of("6", "0", "7", "2", "4")) == shard{4, 4}); // a maximum that no task has
    CHECK(shard_in(array_of("3", "3", "3", "1", "1")) == shard{1, 1});
}

TEST_CASE("shard: an array of Slurm that has holes, or lacks a variable, is refused") {
    CHECK(shard_error(array_of("2", "1", "7", "1", "3")) ==
          "SLURM_ARRAY_TASK_ID is '2' of 3 tasks from 1 to 7 that are not 1 apart: give the shard's number, "
          "as I/N");
    // --array=0-6:2,9 has as many tasks as 0-9:2 has: it is the last that does not fit.
    CHECK(
        shard_error(array_of("9", "0", "9", "2", "5")).starts_with("SLURM_ARRAY_TASK_ID is '9' of 5 tasks"));
    CHECK(
        shard_error(array_of("3", "0", "6", "2", "4")).starts_with("SLURM_ARRAY_TASK_ID is '3' of 4 tasks"));
    CHECK(shard_error(array_of("8", "1", "4", "1", "4")) ==
          "SLURM_ARRAY_TASK_ID is '8', and not a number from 1 to 4");
    CHECK(shard_error(array_of("1", "1", "4", "0", "4")) ==
          "SLURM_ARRAY_TASK_STEP is '0', and not a number from 1 to 1000000000");
    CHECK(shard_error(array_of("1", "4", "1", "1", "4")) ==
          "SLURM_ARRAY_TASK_MAX is '1', and not a number from 4 to 1000000000");
    for (const std::string name : {"SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP",
                                   "SLURM_ARRAY_TASK_COUNT"}) {
        auto environment = array_of("1", "1", "4", "1", "4");
        environment.erase(name);
        CHECK(shard_error(environment) == name + " is not set in the environment");
    }
}

TEST_CASE("shard: srun counts from 0, and has shards where it has several tasks") {
    CHECK(shard_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "3"}}) == shard{1, 3});
    CHECK(shard_in({{"SLURM_PROCID", "2"}, {"SLURM_NTASKS", "3"}}) == shard{3, 3});
    CHECK(shard_error({{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "3"}}) ==
          "SLURM_PROCID is '3', and not a number from 0 to 2");
    CHECK(shard_error({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "two"}}) ==
          "SLURM_NTASKS is 'two', and not a number from 1 to 1000000000");
    CHECK(shard_error({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}})
              .starts_with("the environment tells no shard"));
    CHECK(shard_error({{"SLURM_PROCID", "0"}}).starts_with("the environment tells no shard"));
}

TEST_CASE("shard: an Indexed Job of Kubernetes counts from 0, and does not tell how many there are") {
    CHECK(shard_in({{"JOB_COMPLETION_INDEX", "0"}}, "auto/4") == shard{1, 4});
    CHECK(shard_in({{"JOB_COMPLETION_INDEX", "3"}}, "auto/4") == shard{4, 4});
    CHECK(shard_error({{"JOB_COMPLETION_INDEX", "2"}}) ==
          "JOB_COMPLETION_INDEX is '2', but the environment does not tell of how many: give auto/N, with the "
          "Job's "
          "completions as N");
    CHECK(shard_error({{"JOB_COMPLETION_INDEX", "4"}}, "auto/4") ==
          "JOB_COMPLETION_INDEX is '4', and not below 4");
    CHECK(shard_error({{"JOB_COMPLETION_INDEX", ""}}, "auto/4") ==
          "JOB_COMPLETION_INDEX is '', and not a number from 0 to 1000000000");
}

TEST_CASE("shard: the number that is given must be that of the environment, where it tells one") {
    CHECK(shard_in({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "4"}}, "auto/4") == shard{2, 4});
    CHECK(shard_in(array_of("3", "1", "4", "1", "4"), "auto/4") == shard{3, 4});
    // The third task of four, run again alone: it must not do the first shard's work.
    CHECK(shard_error(array_of("3", "3", "3", "1", "1"), "auto/4") ==
          "SLURM_ARRAY_TASK_COUNT is '1', and not 4: for a part of the shards give I/N");
    CHECK(shard_error({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "8"}}, "auto/4") ==
          "OMPI_COMM_WORLD_SIZE is '8', and not 4: for a part of the shards give I/N");
}

TEST_CASE("shard: of several engines the first counts: mpirun within an array, an array's srun") {
    auto environment = array_of("3", "1", "5", "1", "5");
    environment["SLURM_PROCID"] = "0";
    environment["SLURM_NTASKS"] = "2";
    environment["JOB_COMPLETION_INDEX"] = "7";
    CHECK(shard_in(environment) == shard{3, 5});
    environment["OMPI_COMM_WORLD_RANK"] = "1";
    environment["OMPI_COMM_WORLD_SIZE"] = "4";
    CHECK(shard_in(environment) == shard{2, 4});
    // srun with one task is no engine: a job of Kubernetes is, behind it.
    CHECK(shard_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}, {"JOB_COMPLETION_INDEX", "1"}}, "auto/2") ==
          shard{2, 2});
}

TEST_CASE("shard: an environment without an engine is told with what was looked for") {
    for (const std::string text : {"auto", "auto/4"}) {
        const auto error = shard_error({{"PATH", "/bin"}}, text);
        for (const auto* name : {"OMPI_COMM_WORLD_RANK", "SLURM_ARRAY_TASK_ID", "SLURM_PROCID",
                                 "SLURM_NTASKS", "JOB_COMPLETION_INDEX"})
            CHECK_MESSAGE(error.find(name) != error.npos, error);
    }
}

TEST_CASE("shard: the shares follow one another, cover all, and differ by one at most") {
    for (const std::size_t total : {0U, 1U, 3U, 4U, 5U, 10U, 1'000'003U})
        for (const std::size_t count : {1U, 2U, 3U, 4U, 7U, 64U}) {
            CAPTURE(total);
            CAPTURE(count);
            std::size_t next = 0;
            for (std::size_t index = 1; index <= count; ++index) {
                const auto part = share_of(total, {index, count});
                REQUIRE(part.first == next);
                REQUIRE(part.count >= total / count);
                REQUIRE(part.count <= (total + count - 1) / count);
                next += part.count;
            }
            CHECK(next == total);
        }
    CHECK(share_of(10, {1, 4}) == share{0, 3});
    CHECK(share_of(10, {3, 4}) == share{6, 2});
    CHECK(share_of(2, {4, 4}) == share{2, 0}); // more shards than things
    constexpr auto most = std::numeric_limits<std::size_t>::max();
    CHECK(share_of(most, {1, 1}) == share{0, most});
    CHECK(share_of(most, {2, 2}).first == most / 2 + 1);
}

TEST_CASE("shard: file names tell it and the run") {
    CHECK(shard_text({2, 4}) == "2-of-4");
    CHECK(expand_file_name("report.json", {2, 4}, "r7") == "report.json");
    CHECK(expand_file_name("out/{run}/{shard}.json", {2, 4}, "r7") == "out/r7/2-of-4.json");
    CHECK(expand_file_name("{shard}{shard}{run}", {1, 1}, "a") == "1-of-11-of-1a");
    CHECK(expand_file_name("", {1, 1}, "a") == "");
    CHECK(expand_file_name("{run}", {1, 1}, "{shard}") == "{shard}"); // what is put in is not read again
    CHECK(expand_file_name("a}b{c", {1, 1}, "a") == "a}b{c");
}

TEST_CASE("shard: other words in braces in a file name are refused, and named") {
    for (const std::string word : {"{shards}", "{}", "{Run}", "{ run }", "{{run}"}) {
        CAPTURE(word);
        try {
            expand_file_name("out/" + word + ".json", {1, 2}, "r");
            FAIL_CHECK("accepted");
        } catch (const std::invalid_argument& error) {
            CHECK(std::string(error.what()) == "'" + word + "' in a file name is not {shard} or {run}");
        }
    }
}
