// What the program writes, where it cannot, and its commands for reports.
#include "bulk/figures/percentile_text.hpp"
#include "bulk/journal_model.hpp"
#include "bulk/program_process.hpp"
#include "bulk/whole_run.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/text.hpp"

namespace json = boost::json;
using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using support::names;
using test::program_process;
using test::temporary_folder;

namespace {

std::string contents_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// The report of one shard of a small run, in a file.
std::string written_shard(const temporary_folder& folder, std::size_t index, std::size_t count,
                          const std::string& run_id = "together") {
    auto chosen = test::small_run(api_family::webrtc, "create,get,delete");
    chosen.load.sessions = 8;
    chosen.load.part = {index, count};
    chosen.run_id = run_id;
    chosen.json = folder.file(run_id + "-{shard}.json");
    std::ostringstream out;
    std::ostringstream err;
    REQUIRE(run_program(chosen, out, err) == 0);
    return folder.file(run_id + '-' + shard_text(chosen.load.part) + ".json");
}

test::outcome merged(std::vector<std::string> inputs) {
    options wanted;
    wanted.wanted = command::merge;
    wanted.inputs = std::move(inputs);
    wanted.json = "-";
    return test::run(wanted);
}

test::outcome compared(std::vector<std::string> inputs) {
    options wanted;
    wanted.wanted = command::compare;
    wanted.inputs = std::move(inputs);
    return test::run(wanted);
}

// A report with calls that take this long.
std::string written_report(const temporary_folder& folder, const std::string& name,
                           std::chrono::nanoseconds latency) {
    report made;
    auto& part = made.parts.emplace_back();
    part.run_id = name;
    part.started = 1'790'000'000s;
    part.time = 10s;
    auto& get = made.operations.emplace_back();
    get.operation = "get_session";
    get.record.latency.add(latency, 10'000);
    get.record.time = 10s;
    const auto path = folder.file(name);
    std::ofstream(path) << json::serialize(to_json(made));
    return path;
}

} // namespace

TEST_CASE("report program: a full disk gives 1 and a message, and so does full standard output") {
    program_process file({"--sessions", "5", "--json", "/dev/full"});
    CHECK(file.wait() == 1);
    CHECK(names(file.errors(), "/dev/full cannot be written: No space left on device"));
    CHECK(names(file.output(), "5 sessions"));
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"--sessions", "5"}, {"--sessions", "5", "--json"}}) {
        program_process output(words, {}, "/dev/full");
        CHECK(output.wait() == 1);
        CHECK(names(output.errors(), "could not be written to standard output"));
    }
    program_process folder({"--sessions", "5", "--csv", "/no/such/folder/file"});
    CHECK(folder.wait() == 1);
    CHECK(names(folder.errors(), "/no/such/folder/file cannot be written: No such file"));
}

TEST_CASE("report program: a pipe that nobody reads gives 1 and a message, and what was created is deleted") {
    bandwidth::webrtc::testing::loopback_server server;
    const test::temporary_file ca_file(server.ca_pem());
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    close(ends[0]);
    program_process program({"--base-url", server.base_url(), "--ca-file", ca_file.path(), "--operations",
                             "create", "--sessions", "20"},
                            {}, "/dev/fd/" + std::to_string(ends[1]));
    CHECK(program.wait() == 1);
    close(ends[1]);
    CHECK(names(program.errors(), "could not be written to standard output"));
    CHECK(server.session_count() == 0);
}

TEST_CASE("report program: a threshold gives 99, and only when all else is well") {
    test::observed_service service;
    auto chosen = service.chosen(api_family::webrtc, "create,get,delete");
    chosen.thresholds = {parse_threshold("get_session.calls>=20"), parse_threshold("all.failed<1")};
    auto made = test::run(chosen);
    CHECK(made.status == 0);
    CHECK(made.report.at("thresholds").as_array().size() == 2);
    chosen.thresholds.push_back(parse_threshold("get_session.p50<1us"));
    made = test::run(chosen);
    CHECK(made.status == 99);
    CHECK(made.report.at("exit_status") == 99);
    CHECK(made.report.at("thresholds").as_array().at(2).at("holds") == false);
    service.server().inject(bandwidth::webrtc::testing::fault().on("GET").respond(500));
    CHECK(test::run(chosen).status == 1);
}

TEST_CASE("report program: every form of the report has its file, by the names of shard and run") {
    const temporary_folder folder;
    auto chosen = test::small_run(api_family::webrtc, "create,get,delete");
    chosen.run_id = "mine";
    chosen.load.part = {2, 3};
    chosen.load.sessions = 30;
    chosen.json = folder.file("{run}-{shard}.json");
    chosen.html = folder.file("page-{shard}.html");
    chosen.csv = folder.file("{run}.csv");
    chosen.seconds_csv = folder.file("seconds.csv");
    chosen.hgrm = folder.file("percentiles-{shard}");
    std::ostringstream out;
    std::ostringstream err;
    CHECK(run_program(chosen, out, err) == 0);
    CHECK(out.str().starts_with("30 sessions"));
    const auto read = read_report(folder.file("mine-2-of-3.json"));
    CHECK(read.operations.size() == 6);
    CHECK(names(contents_of(folder.file("page-2-of-3.html")), "<html"));
    CHECK(names(contents_of(folder.file("mine.csv")), "\r\nget_session,10,10,0,"));
    CHECK(contents_of(folder.file("seconds.csv")).starts_with("second,succeeded,"));
    for (const auto& one : read.operations)
        CHECK(contents_of(folder.file("percentiles-2-of-3-" + one.operation + ".hgrm")) ==
              percentile_text(one.record.latency));
}

TEST_CASE("report program: --json with a name goes to that file, and without one to standard output") {
    program_process program({"--sessions", "5", "--json", "report.json", "--quiet"});
    CHECK(program.wait() == 0);
    CHECK(program.output().starts_with("5 sessions"));
    CHECK(read_report(program.folder() + "/report.json").totals().record.failed == 0);
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"--json", "--sessions", "5"}, {"--sessions", "5", "-j"}}) {
        program_process to_output(words);
        CHECK(to_output.wait() == 0);
        CHECK(json::parse(to_output.output()).at("exit_status") == 0);
    }
}

TEST_CASE("report program: the shards of a run make one report") {
    const temporary_folder folder;
    std::vector<std::string> inputs;
    for (const std::size_t index : {3U, 1U, 2U})
        inputs.push_back(written_shard(folder, index, 3));
    const auto made = merged(inputs);
    CHECK(made.status == 0);
    CHECK(made.err == "");
    CHECK(made.report.at("parts").as_array().size() == 3);
    CHECK(made.operation("get_session").at("succeeded") == 8);
    CHECK(made.operation("get_participant").at("succeeded") == 24);
}

TEST_CASE("report program: merge tells which shards are missing, and gives 1") {
    const temporary_folder folder;
    const auto made = merged({written_shard(folder, 2, 4), written_shard(folder, 4, 4)});
    CHECK(made.status == 1);
    CHECK(names(made.err, "of run together 2 of 4 shards are missing: 1 3\n"));
    CHECK(made.operation("get_session").at("succeeded") == 4);
    CHECK(made.report.at("exit_status") == 1);
}

TEST_CASE("report program: merge tells that reports are of several runs") {
    const temporary_folder folder;
    const auto made = merged({written_shard(folder, 1, 1, "one"), written_shard(folder, 1, 1, "two")});
    CHECK(made.status == 0);
    CHECK(names(made.err, "the reports are of 2 runs: one two\n"));
    CHECK(made.operation("get_session").at("succeeded") == 16);
}

TEST_CASE("report program: merge refuses a part that is there twice, and files of other programs") {
    const temporary_folder folder;
    const auto shard = written_shard(folder, 1, 2);
    const auto twice = merged({shard, shard});
    CHECK(twice.status == 1);
    CHECK(twice.out == "");
    CHECK(names(twice.err, "run together, shard 1 of 2 is there twice"));
    for (const char* text : {"", "{}", "[1,2", R"({"schema":2,"program":"another"})"}) {
        const auto path = folder.file("other.json");
        std::ofstream(path) << text;
        const auto other = merged({shard, path});
        CHECK(other.status == 1);
        CHECK(other.out == "");
        CHECK(names(other.err, "other.json"));
    }
}

TEST_CASE("report program: merge holds the thresholds against the whole") {
    const temporary_folder folder;
    options wanted;
    wanted.wanted = command::merge;
    wanted.inputs = {written_shard(folder, 1, 2), written_shard(folder, 2, 2)};
    wanted.thresholds = {parse_threshold("get_session.calls>=8")};
    CHECK(test::run(wanted).status == 0);
    wanted.thresholds = {parse_threshold("get_session.calls>8")};
    CHECK(test::run(wanted).status == 99);
    wanted.inputs.pop_back();
    CHECK(test::run(wanted).status == 1);
}

TEST_CASE("report program: compare gives 1 when the second is worse") {
    const temporary_folder folder;
    const auto fast = written_report(folder, "fast", 10ms);
    const auto slow = written_report(folder, "slow", 20ms);
    const auto worse = compared({fast, slow});
    CHECK(worse.status == 1);
    CHECK(names(worse.out, "get_session"));
    CHECK(compared({slow, fast}).status == 0);
    CHECK(compared({fast, fast}).status == 0);
    options several;
    several.wanted = command::compare;
    several.inputs = {fast, fast};
    several.new_inputs = {slow, slow};
    CHECK(test::run(several).status == 1);
    several.json = "/dev/full";
    std::swap(several.inputs, several.new_inputs);
    std::ostringstream out;
    std::ostringstream err;
    CHECK(run_program(several, out, err) == 1);
    CHECK(names(err.str(), "/dev/full cannot be written"));
}

TEST_CASE("report program: a dry run tells what would be done, and does nothing") {
    test::observed_service service;
    const temporary_folder folder;
    auto chosen = service.chosen(api_family::webrtc, "create,join,get,delete");
    chosen.dry_run = true;
    chosen.json = folder.file("{shard}.json");
    chosen.journal = folder.file("{run}.journal");
    chosen.run_id = "planned";
    chosen.no_journal = false;
    chosen.load.sessions = 100;
    chosen.load.part = {2, 3};
    chosen.load.mix = {{call_kind::get_session, 3}, {call_kind::get_participant, 1}};
    chosen.load.duration = 5s;
    chosen.load.rate = 90;
    std::ostringstream out;
    std::ostringstream err;
    CHECK(run_program(chosen, out, err) == 0);
    CHECK(err.str() == "");
    const auto text = out.str();
    CAPTURE(text);
    for (const auto& told :
         {std::string("100 sessions with 3 participants each"), chosen.load.base_url,
          std::string("2 of 3, with 33 sessions from number 34 on"),
          std::string("90 calls begin in each second"), std::string("of them 30 of this shard"),
          std::string("1, with 2 connections"), folder.file("planned.journal"), folder.file("2-of-3.json"),
          std::string("create_session              33 calls\n"),
          std::string("create_participant          99 calls\n"),
          std::string("mix                         for 5.00 s: 75% get_session, 25% get_participant\n")})
        CHECK(names(text, told));
    CHECK(service.server().stats().connections_accepted == 0);
    CHECK(std::filesystem::is_empty(std::filesystem::path(chosen.journal).parent_path()));
}

TEST_CASE("report program: a dry run tells of lives and of a closed loop") {
    auto chosen = test::small_run(api_family::brtc, "create,get,list,delete");
    chosen.dry_run = true;
    chosen.json = "";
    auto text = test::run(chosen).out;
    CHECK(names(text, "20 endpoints"));
    CHECK(names(text, "the embedded service"));
    CHECK(names(text, "closed loop of 16 callers"));
    CHECK(names(text, "Journal      none"));
    CHECK(names(text, "list_endpoints   1 list"));
    chosen.load.shape = load_shape::lives;
    text = test::run(chosen).out;
    CHECK(names(text, "20 lives, each of 3 calls"));
}

TEST_CASE("report program: what a dry run says of the calls is what a run makes") {
    for (const auto api : {api_family::webrtc, api_family::brtc}) {
        auto chosen = test::small_run(api, default_operations(api));
        const auto made = test::report_of(test::run(chosen));
        chosen.dry_run = true;
        chosen.json = "";
        const auto text = test::run(chosen).out;
        for (const auto& one : made.operations) {
            if (one.operation == "list_endpoints")
                continue;
            const auto at = text.find("\n  " + one.operation + ' ');
            REQUIRE(at != text.npos);
            const auto line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
            CHECK(line.ends_with(' ' + std::to_string(one.record.calls()) + " calls"));
        }
    }
}
