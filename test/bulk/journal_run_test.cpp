// Runs that are cut off, and what their journals make good.
#include "bulk/breakable_proxy.hpp"
#include "bulk/counted_service.hpp"
#include "bulk/journal/journal_writer.hpp"
#include "bulk/journal_model.hpp"
#include "bulk/program_process.hpp"
#include "bulk/whole_run.hpp"
#include "support/random_numbers.hpp"

#include <doctest/doctest.h>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace testing = bandwidth::webrtc::testing;
using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using test::counted_service;
using test::joined;
using test::program_process;
using test::report_of;
using test::temporary_folder;
using testing::fault;

namespace {

std::vector<std::string> journals_in(const std::string& folder) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        found.push_back(entry.path());
    return found;
}

std::size_t existing_by(const journal_contents& journal) {
    std::size_t count = 0;
    for (const auto& kind : journal.of_kind)
        count += kind.existing.size();
    return count;
}

// What was created when the process was killed, and is in no journal: each caller has one call at most.
constexpr std::size_t callers_of_killed = 4;

} // namespace

TEST_CASE("journal of a run: tells every thing while it exists, and none when it is deleted") {
    counted_service service;
    for (const char* operations : {"create,join", "create,join,remove,delete"}) {
        const temporary_folder folder;
        auto chosen = service.chosen(api_family::webrtc, operations);
        chosen.journal = folder.file("journal");
        const auto before = service.responses();
        // What was not deleted by the operations is by the clean-up, so that it is looked at before.
        service.server().inject(fault().on("DELETE").always().respond(500));
        const auto made = test::run(chosen);
        CHECK(made.status == 1);
        CHECK(service.responses() > before);
        auto journal = read_journal(chosen.journal);
        CHECK(journal.of(thing_kind::session).existing.size() == 20);
        CHECK(journal.of(thing_kind::participant).existing.size() == 60);
        CHECK(journal.ended); // in an orderly way, though not all is gone
        service.server().clear_faults();
        std::set<std::string> ids;
        for (const auto& kind : journal.of_kind)
            for (const auto& [number, id] : kind.existing)
                ids.insert(id);
        CHECK(ids.size() == 80);
        auto clean = chosen;
        clean.wanted = command::clean_up;
        clean.resumes = true;
        clean.json = "";
        const auto cleaned = test::run(clean);
        CHECK(cleaned.status == 0);
        CHECK(cleaned.out.find("20 sessions") != std::string::npos);
        CHECK(service.server().session_count() == 0);
        CHECK(service.server().participant_count() == 0);
        journal = read_journal(chosen.journal);
        CHECK(existing_by(journal) == 0);
        CHECK(journal.ended);
    }
}

TEST_CASE(
    "journal of a run: one that nobody has asked for is deleted when all is clean, else kept and told") {
    counted_service service;
    program_process clean(joined(service.words(), {"--sessions", "20"}));
    CHECK(clean.wait() == 0);
    CHECK(journals_in(clean.folder()).empty());
    CHECK(clean.errors() == "");

    service.server().inject(fault().on("DELETE", "/sessions/").always().respond(403));
    program_process unclean(joined(service.words(), {"--sessions", "20"}));
    CHECK(unclean.wait() == 1);
    const auto journals = journals_in(unclean.folder());
    REQUIRE(journals.size() == 1);
    CHECK(journals[0].find("/bandwidth-webrtc-bulk-") != std::string::npos);
    CHECK(unclean.errors().find("clean-up bandwidth-webrtc-bulk-") != std::string::npos);
    CHECK(existing_by(read_journal(journals[0])) == 20);
    service.server().clear_faults();
    program_process deleting(joined(service.words(), {"clean-up", journals[0]}));
    CHECK(deleting.wait() == 0);
    CHECK(deleting.output().find("20 sessions") != std::string::npos);
    CHECK(service.server().session_count() == 0);
    CHECK(journals_in(unclean.folder()).empty());

    program_process none(joined(service.words(), {"--sessions", "20", "--no-journal"}));
    CHECK(none.wait() == 0);
    program_process embedded({"--sessions", "20"});
    CHECK(embedded.wait() == 0);
    CHECK(journals_in(embedded.folder()).empty());
}

TEST_CASE(
    "journal of a run: one that nobody has asked for is deleted when a run that goes on leaves all clean") {
    counted_service service;
    service.server().inject(fault().on("DELETE").always().delay(1h));
    program_process killed(joined(service.words(), {"--sessions", "20", "--shard", "1/2", "--run-id", "r1"}));
    service.wait_for_responses(100, killed);
    killed.signal(SIGKILL);
    CHECK(killed.wait() == 1000 + SIGKILL);
    service.server().clear_faults();
    const auto journals = journals_in(killed.folder());
    REQUIRE(journals ==
            std::vector<std::string>{killed.folder() + "/bandwidth-webrtc-bulk-r1-1-of-2.journal"});
    const auto renamed = killed.folder() + "/mine";
    std::filesystem::copy_file(journals[0], renamed);
    program_process resumed({"--resume", journals[0]});
    CHECK(resumed.wait() == 0);
    CHECK(journals_in(killed.folder()) == std::vector<std::string>{renamed});
    program_process clean_up({"clean-up", renamed});
    CHECK(clean_up.wait() == 0);
    CHECK(journals_in(killed.folder()) == std::vector<std::string>{renamed});
}

TEST_CASE("journal of a run: a killed run goes on, and in the end all was made and nothing exists") {
    support::random_numbers random(15, 0);
    constexpr std::size_t sessions = 60;
    struct shape {
        std::vector<std::string> words;
        std::size_t responses; // of a run that is not cut off
    };
    const std::vector<shape> shapes = {
        {{"--operations", "create,join,get,remove,delete"}, sessions * 8},
        {{"--operations", "create,join,get,remove,delete", "--lives"}, sessions * 8},
        {{"--operations", "create,get,delete", "--threads", "2"}, sessions * 6},
    };
    for (const auto& shape : shapes)
        for (unsigned round = 0; round < 5; ++round) {
            counted_service service;
            const temporary_folder folder;
            const auto journal = folder.file("journal");
            auto words = joined(service.words(), shape.words);
            words = joined(words,
                           {"--sessions", std::to_string(sessions), "--participants", "1", "--callers",
                            std::to_string(callers_of_killed), "--connections", "2", "--journal", journal});
            // Each process does a part of what there is to do, another one in each round.
            const auto part = static_cast<unsigned>(shape.responses / 5);
            std::size_t kills = 0;
            std::size_t next = round * part + 1 + random.pick(part);
            int status = -1;
            for (bool first = true; status == -1; first = false) {
                program_process run(first ? words : std::vector<std::string>{"--resume", journal});
                if (kills < 3) {
                    service.wait_for_responses(next, run);
                    run.signal(SIGKILL);
                    next = service.responses() + 1 + random.pick(part);
                    const int how = run.wait();
                    CHECK((how == 1000 + SIGKILL || how == 0));
                    if (how == 1000 + SIGKILL)
                        ++kills;
                    else
                        status = how;
                } else {
                    status = run.wait();
                    CAPTURE(run.errors());
                    CAPTURE(run.output());
                    CHECK(status == 0);
                }
                if (std::ifstream(journal).peek() == std::ifstream::traits_type::eof())
                    FAIL("there is no journal");
            }
            CAPTURE(round);
            CHECK(read_journal(journal).ended);
            CHECK(existing_by(read_journal(journal)) == 0);
            CHECK(service.created("/sessions").size() == sessions);
            CHECK(service.created("/participants").size() == sessions);
            // A creation whose response had not come is known to nobody; a tag that was used twice tells of it.
            std::size_t twice = 0;
            for (const auto& [tag, count] : service.created("/sessions"))
                twice += static_cast<std::size_t>(count) - 1;
            CHECK(service.server().session_count() <= kills * callers_of_killed);
            CHECK(service.server().session_count() <= twice);
        }
}

TEST_CASE("journal of a run: endpoints of a killed run are deleted, in either order of the calls") {
    support::random_numbers random(16, 0);
    for (const bool lives : {false, true}) {
        counted_service service;
        const temporary_folder folder;
        const auto journal = folder.file("journal");
        auto words = joined(service.words(api_family::brtc),
                            {"--api", "brtc", "--endpoints", "100", "--operations", "create,get,delete",
                             "--callers", std::to_string(callers_of_killed), "--journal", journal});
        if (lives)
            words.emplace_back("--lives");
        // So many, and not all of them however late the signal comes.
        const auto responses = 120 + random.pick(100);
        service.server().inject(fault().after(responses).always().delay(1h));
        program_process run(words);
        service.wait_for_responses(responses, run);
        run.signal(SIGKILL);
        CHECK(run.wait() == 1000 + SIGKILL);
        service.server().clear_faults();
        program_process resumed({"--resume", journal, "--json"});
        CHECK(resumed.wait() == 0);
        CHECK(service.created("/endpoints").size() == 100);
        CHECK(service.server().endpoint_count() == 0);
        if (!lives)
            continue;
        const auto lives_done = parse_report(boost::json::parse(resumed.output())).lives();
        REQUIRE(lives_done);
        CHECK(lives_done->planned == 100);
        CHECK(lives_done->complete_before > 0);
        CHECK(lives_done->complete_before + lives_done->complete == 100);
    }
}

TEST_CASE(
    "journal of a run: endpoints whose creation was under way when a run was killed are found by their "
    "tags") {
    for (const bool goes_on : {false, true}) {
        counted_service service;
        const temporary_folder folder;
        const auto journal = folder.file("journal");
        // Of another run, which stay.
        auto other = service.chosen(api_family::brtc, "create");
        other.load.clean_up_timeout = 0s;
        other.no_journal = true;
        CHECK(test::run(other).status == 1);
        service.server().inject(fault().on("POST").after(50).always().delay(1h));
        program_process run(joined(service.words(api_family::brtc),
                                   {"--api", "brtc", "--endpoints", "100", "--operations", "create,delete",
                                    "--callers", std::to_string(callers_of_killed), "--journal", journal}));
        // The service has carried them out, and their responses do not come.
        service.wait_for_responses(20 + 50 + callers_of_killed, run);
        run.signal(SIGKILL);
        run.wait();
        const auto known = read_journal(journal).of(thing_kind::endpoint).existing.size();
        CHECK(known <= 50);
        CHECK(service.server().endpoint_count() == 20 + 50 + callers_of_killed);
        service.server().clear_faults();
        // Behind the list that the run's own operations have.
        service.server().inject(fault().on("GET").after(goes_on ? 1 : 0).respond(500));
        const auto words = goes_on ? std::vector<std::string>{"--resume", journal, "--attempts", "1"}
                                   : std::vector<std::string>{"clean-up", journal, "--attempts", "1"};
        // A list that fails is made again by the next clean-up.
        program_process failed(words);
        CHECK(failed.wait() == 1);
        CHECK(failed.errors().find("could not be looked for") != std::string::npos);
        CHECK(service.server().endpoint_count() == 20 + 50 + callers_of_killed - known);
        CHECK_FALSE(read_journal(journal).ended);
        program_process again({"clean-up", journal});
        CHECK(again.wait() == 0);
        CHECK(again.output().find(std::to_string(50 + callers_of_killed - known) + " endpoints deleted") !=
              std::string::npos);
        CHECK(service.server().endpoint_count() == 20);
        CHECK(read_journal(journal).ended);
    }
}

TEST_CASE("journal of a run: an endpoint whose creation had no response is found by its tag") {
    counted_service service;
    const temporary_folder folder;
    auto chosen = service.chosen(api_family::brtc, "create,delete");
    chosen.journal = folder.file("journal");
    chosen.load.depth = 1; // so that no other request is lost with it
    service.server().inject(fault().on("POST").after(5).reset());
    CHECK(test::run(chosen).status == 1);
    CHECK(service.server().endpoint_count() == 1);
    program_process clean_up(joined(service.words(api_family::brtc),
                                    {"--api", "brtc", "--endpoints", "20", "clean-up", chosen.journal}));
    CHECK(clean_up.wait() == 0);
    CHECK(clean_up.output().starts_with("Cleaned up   1 endpoint deleted"));
    CHECK(clean_up.output().find("UNKNOWN") == std::string::npos);
    CHECK(service.server().endpoint_count() == 0);
    CHECK(read_journal(chosen.journal).of(thing_kind::endpoint).unknown.empty());
}

TEST_CASE("journal of a run: a clean-up deletes what a killed run has left, whenever it was killed") {
    constexpr std::size_t sessions = 80;
    for (const std::size_t at : {1U, 40U, 100U, 200U, 290U}) { // of 4 * 80 responses
        counted_service service;
        const temporary_folder folder;
        const auto journal = folder.file("journal");
        program_process run(
            joined(service.words(),
                   {"--sessions", std::to_string(sessions), "--participants", "1", "--operations",
                    "create,delete", "--callers", std::to_string(callers_of_killed), "--journal", journal}));
        service.wait_for_responses(at, run);
        run.signal(SIGKILL);
        run.wait();
        program_process clean_up({"clean-up", journal});
        CHECK(clean_up.wait() == 0);
        CHECK(service.server().session_count() <= callers_of_killed);
        CHECK(service.server().participant_count() <= callers_of_killed);
        if (at > 2 * sessions) { // no creation was under way
            CHECK(service.server().session_count() == 0);
            CHECK(service.server().participant_count() == 0);
        }
        CHECK(read_journal(journal).ended);
        program_process again({"clean-up", journal});
        CHECK(again.wait() == 0);
        CHECK(again.output().find("Nothing is left of run") == 0);
    }
}

TEST_CASE("journal of a run: after a second Ctrl-C a clean-up deletes the rest") {
    counted_service service;
    const temporary_folder folder;
    const auto journal = folder.file("journal");
    service.server().inject(fault().on("DELETE").always().delay(1h));
    program_process run(
        joined(service.words(), {"--sessions", "1M", "--participants", "0", "--journal", journal}));
    service.wait_for_responses(100, run);
    run.signal(SIGINT);
    REQUIRE(run.says("Once more gives up"));
    run.signal(SIGINT);
    CHECK(run.wait() == 130);
    CHECK(run.errors().find("clean-up " + journal) != std::string::npos);
    CHECK(service.server().session_count() > 0);
    service.server().clear_faults();
    program_process clean_up({"clean-up", journal});
    CHECK(clean_up.wait() == 0);
    // Creations that were cut off at the interrupt are told as unknown.
    CHECK(service.server().session_count() <= read_journal(journal).of(thing_kind::session).unknown.size());
}

TEST_CASE("journal of a run: a clean-up waits for a service that is down, and then deletes all") {
    counted_service service;
    test::breakable_proxy proxy(service.server().port());
    const temporary_folder folder;
    auto chosen = service.chosen(api_family::webrtc, "create");
    chosen.load.base_url = proxy.url("/v1");
    chosen.journal = folder.file("journal");
    chosen.load.clean_up_timeout = 0s;
    CHECK(test::run(chosen).status == 1);
    CHECK(service.server().stats().requests_delete == 0);
    CHECK(service.server().session_count() == 20);
    proxy.break_off();
    std::thread later([&] {
        CHECK(proxy.wait_for_refused(6));
        proxy.mend();
    });
    auto clean = chosen;
    clean.wanted = command::clean_up;
    clean.resumes = true;
    clean.json = "";
    clean.load.clean_up_timeout.reset();
    const auto cleaned = test::run(clean);
    later.join();
    CHECK(cleaned.status == 0);
    CHECK(service.server().session_count() == 0);
    CHECK(service.server().participant_count() == 0);
    CHECK(proxy.refused() < 50);
}

TEST_CASE("journal of a run: what nobody knows of stays in it when the run goes on") {
    counted_service service;
    const temporary_folder folder;
    auto chosen = service.chosen(api_family::webrtc, "create,delete");
    chosen.journal = folder.file("journal");
    service.server().inject(fault().on("POST", "/sessions").after(5).reset());
    CHECK(test::run(chosen).status == 1);
    const auto unknown = read_journal(chosen.journal).of(thing_kind::session).unknown;
    CHECK(unknown.size() == 1);
    // As if it had been killed before the deleting.
    auto text = std::string();
    {
        std::ifstream file(chosen.journal);
        for (std::string line; std::getline(file, line) && line != "phase 2";)
            text += line + '\n';
    }
    std::ofstream(chosen.journal) << text;
    chosen.resumes = true;
    const auto resumed = test::run(chosen);
    const auto after = read_journal(chosen.journal);
    CHECK(existing_by(after) == 0);
    CHECK(after.of(thing_kind::session).unknown == unknown);
    CHECK(service.created("/sessions").size() == 20);
}

TEST_CASE("journal of a run: one of another job or service is refused, and so is one that is being written") {
    counted_service service;
    const temporary_folder folder;
    const auto journal = folder.file("journal");
    service.server().inject(fault().on("GET", "/sessions/").always().delay(1h));
    program_process living(joined(service.words(), {"--sessions", "20", "--journal", journal}));
    service.wait_for_responses(80, living);
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"--resume", journal}, {"clean-up", journal}}) {
        program_process second(words);
        CHECK(second.wait() == 1);
        CHECK(second.errors().find("another process is writing it") != std::string::npos);
    }
    program_process same_name(joined(service.words(), {"--sessions", "20", "--journal", journal}));
    CHECK(same_name.wait() == 1);
    CHECK(same_name.errors().find(journal) != std::string::npos);
    living.signal(SIGKILL);
    living.wait();
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"--sessions", "21"}, {"--participants", "3"}, {"--shard", "1/2"}}) {
        program_process other(joined({"--resume", journal}, words));
        CHECK(other.wait() == 1);
        CHECK(other.errors().find("another job") != std::string::npos);
    }
    counted_service another;
    program_process other_service(joined({"--resume", journal}, another.words()));
    CHECK(other_service.wait() == 1);
    CHECK(other_service.errors().find("another service") != std::string::npos);
    CHECK(another.responses() == 0);
    service.server().clear_faults();
    program_process resumed({"--resume", journal});
    CHECK(resumed.wait() == 0);
    CHECK(service.server().session_count() == 0);
}

TEST_CASE("journal of a run: a dry run reads it, and changes nothing") {
    counted_service service;
    const temporary_folder folder;
    const auto journal = folder.file("journal");
    program_process run(joined(service.words(), {"--sessions", "20", "--operations", "create", "--journal",
                                                 journal, "--clean-up-timeout", "0s"}));
    CHECK(run.wait() == 1);
    CHECK(service.server().stats().requests_delete == 0); // no time is none, not a little
    const auto before = test::text_of(journal);
    const auto responses = service.responses();
    program_process dry({"--resume", journal, "--dry-run"});
    CHECK(dry.wait() == 0);
    CHECK(dry.output().find("of which 60 things should exist") != std::string::npos);
    program_process clean_up({"clean-up", journal, "--dry-run"});
    CHECK(clean_up.wait() == 0);
    CHECK(clean_up.output().find("Would delete 60 things of run ") == 0);
    CHECK(test::text_of(journal) == before);
    CHECK(service.responses() == responses);
}
