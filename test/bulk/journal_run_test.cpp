// Runs that are cut off, and what their journals make good.
#include "bulk/breakable_proxy.hpp"
#include "bulk/journal/journal_writer.hpp"
#include "bulk/journal_model.hpp"
#include "bulk/program_process.hpp"
#include "bulk/whole_run.hpp"
#include "support/random_numbers.hpp"

#include <doctest/doctest.h>
#include <atomic>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace testing = bandwidth::webrtc::testing;
using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using test::program_process;
using test::report_of;
using test::temporary_folder;
using testing::fault;

namespace {

// A service that counts its responses, so that a test can wait for one.
class counted_service {
public:
    counted_service()
        : service_(testing::loopback_options().record_requests(true).on_response(
              [this](std::string_view, std::string_view, int) {
                  const std::lock_guard held(mutex_);
                  ++responses_;
                  changed_.notify_all();
              })) {}

    testing::loopback_server& server() { return service_.server(); }
    options chosen(api_family api, std::string_view operations) const {
        auto made = service_.chosen(api, operations);
        made.no_journal = false;
        return made;
    }
    std::vector<std::string> words(api_family api = api_family::webrtc) const {
        const auto made = service_.chosen(api, default_operations(api));
        return {"--base-url", made.load.base_url, "--ca-file", made.load.ca_file, "--progress", "never"};
    }
    // Or until the process has ended, which sends no word.
    void wait_for_responses(std::size_t count, const program_process& process) {
        std::unique_lock held(mutex_);
        while (!changed_.wait_for(held, 5ms, [&] { return responses_ >= count; }))
            if (process.has_ended())
                return;
    }
    std::size_t responses() {
        const std::lock_guard held(mutex_);
        return responses_;
    }

    // How often a thing with each tag was created.
    std::map<std::string, int> created(std::string_view what) {
        std::map<std::string, int> tags;
        for (const auto& request : server().received())
            if (request.method() == "POST" && request.target().ends_with(what)) {
                const auto body = boost::json::parse(request.body());
                ++tags[std::string(body.at("tag").as_string())];
            }
        return tags;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t responses_ = 0;
    test::observed_service service_;
};

std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

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

    service.server().inject(fault().on("DELETE", "/sessions/").always().respond(500));
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

    program_process none(joined(service.words(), {"--sessions", "20", "--no-journal"}));
    CHECK(none.wait() == 0);
    program_process embedded({"--sessions", "20"});
    CHECK(embedded.wait() == 0);
    CHECK(journals_in(embedded.folder()).empty());
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
