#include "bulk/journal/journal_writer.hpp"

#include "bulk/journal_model.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace bandwidth::webrtc::bulk;
using test::journal_model;
using test::small_header;
using test::temporary_folder;
using test::text_of;

namespace {

void append_text(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

} // namespace

TEST_CASE("journal writer: writes what the format says") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    const auto writer = journal_writer::create(path, small_header());
    CHECK(text_of(path) == journal_head(small_header()));
    CHECK(writer->phase(0));
    CHECK(writer->created(thing_kind::session, 3, "01234567-89ab"));
    CHECK(writer->created(thing_kind::participant, 19, std::string_view("a b\n%\x7f\0\x1f\xff!", 10)));
    CHECK(writer->created(thing_kind::endpoint, 4, ""));
    CHECK(writer->unknown(thing_kind::session, 9));
    CHECK(writer->deleted(thing_kind::session, 3));
    CHECK(writer->life(3));
    CHECK(writer->end());
    CHECK(writer->sync());
    CHECK_FALSE(writer->error());
    // There while the writer has it open: nothing is held back.
    CHECK(text_of(path) == journal_head(small_header()) +
                               "phase 0\n"
                               "+ session 3 01234567-89ab\n"
                               "+ participant 19 a%20b%0A%25%7F%00%1F\xff!\n"
                               "+ endpoint 4 \n"
                               "? session 9\n"
                               "- session 3\n"
                               "life 3\n"
                               "end\n");
    const auto read = read_journal(path);
    CHECK(read.of(thing_kind::participant).existing.at(19) == std::string_view("a b\n%\x7f\0\x1f\xff!", 10));
    CHECK(read.of(thing_kind::endpoint).existing.at(4).empty());
}

TEST_CASE("journal writer: the file is its owner's alone") {
    const temporary_folder folder;
    const auto writer = journal_writer::create(folder.file("journal"), small_header());
    struct stat status {};
    REQUIRE(stat(folder.file("journal").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE(
    "journal writer: any sequence of entries is read as it was written, with every break and cut between") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        support::random_numbers random(seed);
        const temporary_folder folder;
        const auto path = folder.file("journal");
        journal_model model(small_header());
        auto writer = journal_writer::create(path, small_header());
        for (int i = 0; i < 300; ++i) {
            if (random.one_in(20)) { // the program is killed while it writes, and resumed
                writer.reset();
                const std::string whole = "+ participant 1 some%20id\n";
                append_text(path, whole.substr(0, random.pick(static_cast<unsigned>(whole.size()))));
                const auto read = read_journal(path);
                REQUIRE(read == model.expected);
                writer = journal_writer::append_to(path, read);
            }
            const auto entry = test::any_entry(random);
            REQUIRE(test::apply(entry, *writer));
            test::apply(entry, model);
        }
        CHECK(text_of(path) == model.text);
        CHECK(read_journal(path) == model.expected);
    }
}

TEST_CASE("journal writer: a file that exists is not touched") {
    const temporary_folder folder;
    append_text(folder.file("notes"), "of another");
    CHECK_THROWS_WITH_AS(journal_writer::create(folder.file("notes"), small_header()),
                         ("cannot write the journal " + folder.file("notes") + ": File exists").c_str(),
                         std::runtime_error);
    CHECK(text_of(folder.file("notes")) == "of another");
    CHECK_THROWS_AS(journal_writer::create(folder.file("no/such/folder"), small_header()),
                    std::runtime_error);
}

TEST_CASE("journal writer: a header that could not be read again makes no file") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    auto header = small_header();
    SUBCASE("no shard") { header.shard = 0; }
    SUBCASE("too many participants") { header.sessions = header.participants = std::uint64_t{1} << 32; }
    SUBCASE("no JSON") { header.settings["rate"] = std::numeric_limits<double>::infinity(); }
    SUBCASE("too deep") {
        for (int i = 0; i < 40; ++i)
            header.settings = {{"in", header.settings}};
    }
    CHECK_THROWS_AS(journal_writer::create(path, header), std::invalid_argument);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("journal writer: a journal that another has open is refused, until that has ended") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    auto first = journal_writer::create(path, small_header());
    const auto read = read_journal(path);
    const auto refusal = "cannot write the journal " + path + ": another process is writing it";
    CHECK_THROWS_WITH_AS(journal_writer::append_to(path, read), refusal.c_str(), std::runtime_error);
    first.reset();
    auto second = journal_writer::append_to(path, read);
    CHECK_THROWS_WITH_AS(journal_writer::append_to(path, read), refusal.c_str(), std::runtime_error);
}

TEST_CASE("journal writer: what was written since the journal was read is not lost") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    journal_writer::create(path, small_header());
    const auto read = read_journal(path);
    const auto refusal = "cannot write the journal " + path + ": it was changed since it was read";
    SUBCASE("a line") {
        append_text(path, "+ session 1 a\n");
        CHECK_THROWS_WITH_AS(journal_writer::append_to(path, read), refusal.c_str(), std::runtime_error);
        CHECK(read_journal(path).of(thing_kind::session).existing.size() == 1);
    }
    SUBCASE("a line behind much that is none") {
        append_text(path, std::string(200'000, 'x') + '\n');
        CHECK_THROWS_WITH_AS(journal_writer::append_to(path, read), refusal.c_str(), std::runtime_error);
    }
    SUBCASE("it is another, shorter file") {
        std::ofstream(path, std::ios::binary) << "short";
        CHECK_THROWS_WITH_AS(journal_writer::append_to(path, read), refusal.c_str(), std::runtime_error);
        CHECK(text_of(path) == "short");
    }
    SUBCASE("it is gone") {
        std::filesystem::remove(path);
        CHECK_THROWS_AS(journal_writer::append_to(path, read), std::runtime_error);
        CHECK_FALSE(std::filesystem::exists(path));
    }
}

TEST_CASE("journal writer: a number that a reader would refuse is not written, nor is anything after it") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    const auto writer = journal_writer::create(path, small_header());
    SUBCASE("session") { CHECK_FALSE(writer->created(thing_kind::session, 10, "a")); }
    SUBCASE("participant") { CHECK_FALSE(writer->deleted(thing_kind::participant, 20)); }
    SUBCASE("endpoint") { CHECK_FALSE(writer->unknown(thing_kind::endpoint, 5)); }
    SUBCASE("life") { CHECK_FALSE(writer->life(10)); }
    SUBCASE("phase") { CHECK_FALSE(writer->phase(18446744073709551615u)); }
    CHECK(writer->error() == std::errc::argument_out_of_domain);
    CHECK_FALSE(writer->end());
    CHECK_FALSE(writer->sync());
    CHECK(text_of(path) == journal_head(small_header()));
}

TEST_CASE("journal writer: threads write whole lines") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    auto header = small_header();
    header.sessions = 4000;
    const auto writer = journal_writer::create(path, header);
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < 4; ++thread)
        threads.emplace_back([&writer, thread] {
            for (unsigned i = thread; i < 4000; i += 4) {
                writer->created(thing_kind::session, i, "session of " + std::to_string(i));
                if (i % 500 < 4)
                    writer->sync();
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK_FALSE(writer->error());
    const auto read = read_journal(path);
    REQUIRE(read.of(thing_kind::session).existing.size() == 4000);
    std::size_t wrong = 0;
    for (const auto& [number, id] : read.of(thing_kind::session).existing)
        wrong += id != "session of " + std::to_string(number);
    CHECK(wrong == 0);
}

TEST_CASE("journal writer: removed when it is needed no more") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    const auto writer = journal_writer::create(path, small_header());
    CHECK(writer->end());
    CHECK(writer->remove());
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK_FALSE(writer->error());
    CHECK_FALSE(writer->remove());
    CHECK(writer->error() == std::errc::no_such_file_or_directory);
}
