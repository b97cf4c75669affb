#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/targets.hpp"

// The corpora that are in the tree, and so every input that was once a bug, without libFuzzer: in every
// build.

namespace {

/// Calls the target with each file of its corpus, with each cut short, and with nothing.
void replay(const std::string& name) {
    const auto run = fuzz::target_of(name);
    const bool known = run != nullptr; // doctest cannot print a function's address
    REQUIRE(known);
    const std::filesystem::path folder = std::filesystem::path(FUZZ_CORPUS) / name;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    CHECK(files.size() >= 3);
    run({});
    for (const auto& file : files) {
        CAPTURE(file.string());
        std::ifstream in(file, std::ios::binary);
        const std::string input(std::istreambuf_iterator<char>(in), {});
        REQUIRE(in.good());
        CHECK_FALSE(input.empty());
        const std::size_t step = input.size() / 256 + 1;
        for (std::size_t length = 1; length <= input.size(); length += step)
            run(std::string(input, 0, length)); // in memory of its own, for the sanitizers
        run(input);
    }
}

} // namespace

TEST_CASE("the corpus of response_reader") { replay("response_reader"); }
TEST_CASE("the corpus of http1_connection") { replay("http1_connection"); }
TEST_CASE("the corpus of json_codec") { replay("json_codec"); }
TEST_CASE("the corpus of error_body") { replay("error_body"); }
TEST_CASE("the corpus of url") { replay("url"); }
TEST_CASE("the corpus of retry_after") { replay("retry_after"); }
TEST_CASE("the corpus of event") { replay("event"); }
TEST_CASE("the corpus of bxml") { replay("bxml"); }
TEST_CASE("the corpus of journal") { replay("journal"); }
TEST_CASE("the corpus of trace_context") { replay("trace_context"); }
TEST_CASE("the corpus of proxy_handshake") { replay("proxy_handshake"); }
TEST_CASE("the corpus of token_response") { replay("token_response"); }
