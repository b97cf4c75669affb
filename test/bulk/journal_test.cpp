#include "bulk/journal/journal.hpp"

#include "bulk/journal_model.hpp"
#include "bulk/temporary_file.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace bandwidth::webrtc::bulk;
using test::journal_model;
using test::read_text_of_journal;
using test::small_header;
using test::temporary_file;

namespace {

// Why the text is refused, or nothing.
std::optional<std::string> refusal_of_journal(std::string_view text) {
    try {
        read_text_of_journal(text);
        return std::nullopt;
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

// Why this entry is refused, behind the head of a good journal.
std::optional<std::string> refusal_of_entry(std::string_view line) {
    return refusal_of_journal(journal_head(small_header()) + std::string(line) + '\n');
}

std::optional<std::string> refusal_of_header(boost::json::object header) {
    return refusal_of_journal("bandwidth-webrtc-bulk journal 1\n" + boost::json::serialize(header) + '\n');
}

// The header with another value of one member.
boost::json::object changed_header(const char* member, boost::json::value value) {
    auto header = to_json(small_header());
    header[member] = std::move(value);
    return header;
}

} // namespace

TEST_CASE("journal: the head is a line of text and one of JSON") {
    CHECK(journal_head(small_header()) ==
          "bandwidth-webrtc-bulk journal 1\n"
          R"({"run_id":"2026-11-28T12:00:00Z-abc","api":"webrtc","nonce":"0123456789abcdef","sessions":10,)"
          R"("participants":2,"endpoints":5,"shard":2,"shards":4,"base_url":"https://localhost:1234/v1",)"
          R"("settings":{"rate":12,"operations":"create,delete"}})"
          "\n");
}

TEST_CASE("journal: every entry is read") {
    const auto read = read_text_of_journal(journal_head(small_header()) +
                                           "phase 0\n"
                                           "+ session 3 s3\n"
                                           "+ session 9 a%20b%25\n"
                                           "+ participant 19 p19\n"
                                           "? participant 18\n"
                                           "+ endpoint 4 e4\n"
                                           "phase 7\n"
                                           "- session 3\n"
                                           "life 3\n"
                                           "end\n");
    CHECK(read.header == small_header());
    CHECK(read.of(thing_kind::session).existing == std::map<std::uint64_t, std::string>{{9, "a b%"}});
    CHECK(read.of(thing_kind::participant).existing == std::map<std::uint64_t, std::string>{{19, "p19"}});
    CHECK(read.of(thing_kind::participant).unknown == std::set<std::uint64_t>{18});
    CHECK(read.of(thing_kind::endpoint).existing == std::map<std::uint64_t, std::string>{{4, "e4"}});
    CHECK(read.phase == 7);
    CHECK(read.complete_lives == std::set<std::uint64_t>{3});
    CHECK(read.ended);
}

TEST_CASE("journal: the order of the entries of one number matters") {
    const auto head = journal_head(small_header());
    const auto session_of = [&](const char* entries) {
        return read_text_of_journal(head + entries).of(thing_kind::session);
    };
    using ids = std::map<std::uint64_t, std::string>;
    using numbers = std::set<std::uint64_t>;
    CHECK(session_of("+ session 1 a\n- session 1\n+ session 1 b\n").existing == ids{{1, "b"}});
    CHECK(session_of("+ session 1 a\n+ session 1 b\n").existing == ids{{1, "b"}});
    CHECK(session_of("- session 1\n").existing.empty());
    // What is created anew is not what nobody knows of.
    CHECK(session_of("? session 1\n+ session 1 b\n").unknown == numbers{1});
    CHECK(session_of("? session 1\n- session 1\n").unknown.empty());
    CHECK(session_of("+ session 1 a\n? session 1\n").existing == ids{{1, "a"}});
}

TEST_CASE("journal: a run that went on behind its end has not ended") {
    const auto head = journal_head(small_header());
    CHECK(read_text_of_journal(head + "end\n").ended);
    CHECK_FALSE(read_text_of_journal(head + "end\nphase 1\n").ended);
    CHECK_FALSE(read_text_of_journal(head + "end").ended);
    CHECK_FALSE(read_text_of_journal(head).phase.has_value());
}

TEST_CASE("journal: lives are of endpoints for brtc") {
    auto header = small_header();
    header.api = bandwidth::webrtc::bulk::api_family::brtc;
    CHECK(read_text_of_journal(journal_head(header) + "life 4\n").complete_lives.count(4) == 1);
    CHECK(refusal_of_journal(journal_head(header) + "life 5\n").has_value());
    CHECK_FALSE(refusal_of_entry("life 9").has_value());
    CHECK(refusal_of_entry("life 10").has_value());
}

TEST_CASE("journal: cut at any byte it says what its complete lines say") {
    support::random_numbers random(20261128);
    journal_model model(small_header());
    std::vector<journal_contents> after = {model.expected};
    for (int i = 0; i < 200; ++i) {
        test::apply(test::any_entry(random), model);
        after.push_back(model.expected);
    }
    const auto head = static_cast<std::size_t>(after.front().size);
    for (std::size_t length = 0; length < head; ++length) {
        const auto why = refusal_of_journal(std::string_view(model.text).substr(0, length));
        REQUIRE(why.has_value());
        CHECK(why->find("is not complete") != std::string::npos);
    }
    std::size_t complete = 0;
    for (std::size_t length = head; length <= model.text.size(); ++length) {
        while (complete + 1 < after.size() && after[complete + 1].size <= length)
            ++complete;
        CAPTURE(length);
        REQUIRE(read_text_of_journal(std::string_view(model.text).substr(0, length)) == after[complete]);
    }
    CHECK(complete == 200);
}

TEST_CASE("journal: it does not matter in which pieces the text comes") {
    support::random_numbers random(2);
    journal_model model(small_header());
    for (int i = 0; i < 300; ++i)
        test::apply(test::any_entry(random), model);
    for (const unsigned longest : {1u, 2u, 7u, 64u, 1000u}) {
        journal_reader reader;
        for (std::string_view left = model.text; !left.empty();) {
            const auto piece = left.substr(0, 1 + random.pick(longest));
            reader.add(piece);
            reader.add({});
            left.remove_prefix(piece.size());
        }
        CHECK(reader.finish() == model.expected);
    }
}

TEST_CASE("journal: headers come back as they were") {
    auto header = small_header();
    header.api = bandwidth::webrtc::bulk::api_family::brtc;
    header.nonce = 0xffff000000000001;
    header.sessions = 18446744073709551615u;
    header.participants = 1;
    header.run_id = "line\nbreak, \"quotes\", NUL";
    header.run_id += '\0';
    header.base_url = "not UTF-8: \xff\xc0\x80\xed\xa0\x80";
    header.settings =
        boost::json::parse(R"({"deep":{"list":[1,-2,true,null,"x\n"]},"":"", "half":0.5})").as_object();
    CHECK(read_text_of_journal(journal_head(header)).header == header);
    header.settings = {};
    header.nonce = 0;
    CHECK(read_text_of_journal(journal_head(header)).header == header);
    CHECK(journal_header_from_json(to_json(header)) == header);
}

TEST_CASE("journal: a member of the header that is missing or wrong is named") {
    for (const auto& member : to_json(small_header())) {
        const std::string name(member.key().data(), member.key().size());
        CAPTURE(name);
        auto without = to_json(small_header());
        without.erase(member.key());
        CHECK(refusal_of_header(without) == "line 2 is no header: the header's " + name + " is missing");
        CHECK(refusal_of_header(changed_header(name.c_str(), nullptr))
                  .value_or("")
                  .starts_with("line 2 is no header: the header's " + name + " is "));
    }
    CHECK(refusal_of_header(changed_header("later_version", 1)) == std::nullopt);
    CHECK(refusal_of_header(changed_header("api", "rest")) ==
          "line 2 is no header: the header's api is neither webrtc nor brtc");
    for (const char* nonce : {"", "123", "0123456789abcdeg", "-123456789abcdef", "0x23456789abcdef",
                              "0123456789abcdef0", " 123456789abcdef"})
        CHECK(refusal_of_header(changed_header("nonce", nonce)).has_value());
    for (const auto& count : {boost::json::value(-1), boost::json::value(1.5), boost::json::value("1")})
        CHECK(refusal_of_header(changed_header("sessions", count)).has_value());
    CHECK(refusal_of_header(changed_header("shard", 0)).has_value());
    CHECK(refusal_of_header(changed_header("shard", 4)) == std::nullopt);
    CHECK(refusal_of_header(changed_header("shard", 5)).has_value());
    // More participants than there are numbers.
    CHECK(refusal_of_header(changed_header("participants", 18446744073709551615u)).has_value());
}

TEST_CASE("journal: what is no journal is refused, with its line") {
    const std::string header = journal_head(small_header()).substr(32);
    CHECK(refusal_of_journal("") == "line 1 is not complete: this is no journal");
    CHECK(refusal_of_journal("bandwidth-webrtc-bulk journal 1\n") ==
          "line 2 is not complete: the header is missing");
    CHECK(
        refusal_of_journal("bandwidth-webrtc-bulk journal 2\n" + header).value_or("").starts_with("line 1 "));
    CHECK(refusal_of_journal("bandwidth-webrtc-bulk journal 1\r\n" + header).has_value());
    CHECK(refusal_of_journal("\n" + header).has_value());
    CHECK(refusal_of_journal(header).has_value());
    for (const char* second : {"", "{", "[]", "null", "12", "{} {}", "+ session 1 a"}) {
        CAPTURE(second);
        CHECK(refusal_of_journal("bandwidth-webrtc-bulk journal 1\n" + std::string(second) + "\n")
                  .value_or("")
                  .starts_with("line 2 is no "));
    }
    CHECK(refusal_of_journal("bandwidth-webrtc-bulk journal 1\n" + std::string(100'000, '[') + "\n")
              .has_value());
}

TEST_CASE("journal: entries that are malformed are refused, with their line") {
    using namespace std::string_literals;
    for (const auto& line : {""s,
                             " "s,
                             "+"s,
                             "+ "s,
                             "+ session"s,
                             "+ session 1"s,
                             "+ session 1 a b"s,
                             "+ session 1 a "s,
                             "+ session  1 a"s,
                             " + session 1 a"s,
                             "+session 1 a"s,
                             "+ room 1 a"s,
                             "+ session x a"s,
                             "+ session -1 a"s,
                             "+ session +1 a"s,
                             "+ session 1x a"s,
                             "+ session 0x1 a"s,
                             "+ session 1.0 a"s,
                             "+ session  a"s,
                             "- session"s,
                             "- session "s,
                             "- session 1 a"s,
                             "- 1"s,
                             "? session"s,
                             "?"s,
                             "? session 1 a"s,
                             "phase"s,
                             "phase "s,
                             "phase x"s,
                             "phase 1 2"s,
                             "life"s,
                             "life x"s,
                             "end "s,
                             "end 1"s,
                             "END"s,
                             "end\r"s,
                             "!"s,
                             "* session 1"s,
                             "\0"s,
                             "end\0"s,
                             "\0end"s,
                             "+ session 1\0 a"s,
                             "+ session 1 a\0b"s,
                             "+ session 1 a\tb"s,
                             "+ session 1 a\rb"s,
                             "+ session 1 \x7f"s,
                             "+ session 1 %"s,
                             "+ session 1 %4"s,
                             "+ session 1 %4g"s,
                             "+ session 1 %%41"s,
                             "+ session 1 a%"s}) {
        CAPTURE(line);
        CHECK(refusal_of_entry(line).value_or("").starts_with("line 3 has ") +
                  refusal_of_entry(line).value_or("").starts_with("line 3 is ") ==
              1);
    }
    CHECK(refusal_of_entry("end\nend\nnonsense") == "line 5 is no entry of a journal");
}

TEST_CASE("journal: numbers that the header does not allow are refused") {
    CHECK_FALSE(refusal_of_entry("+ session 9 a").has_value());
    CHECK_FALSE(refusal_of_entry("+ participant 19 a").has_value());
    CHECK_FALSE(refusal_of_entry("+ endpoint 4 a").has_value());
    CHECK(refusal_of_entry("+ session 10 a") ==
          "line 3 has a number that is too large: of a session, of which there are 10");
    for (const char* line : {"+ participant 20 a", "+ endpoint 5 a", "- session 10", "? session 10",
                             "life 10", "+ session 1000000000000000000 a", "+ session 18446744073709551616 a",
                             "- session 99999999999999999999999", "? endpoint 18446744073709551615",
                             "phase 18446744073709551616"}) {
        CAPTURE(line);
        CHECK(refusal_of_entry(line).value_or("").starts_with("line 3 has a number that is too large"));
    }
}

TEST_CASE("journal: a huge number that the header allows costs no more than a small one") {
    auto header = small_header();
    header.sessions = 1'000'000'000'000'000'000;
    const auto read = read_text_of_journal(journal_head(header) +
                                           "+ session 999999999999999999 last\n"
                                           "? participant 1999999999999999999\n"
                                           "life 999999999999999998\n"
                                           "phase 1000000000000000000\n");
    CHECK(read.of(thing_kind::session).existing.at(999'999'999'999'999'999) == "last");
    CHECK(read.of(thing_kind::participant).unknown.count(1'999'999'999'999'999'999) == 1);
    CHECK(read.complete_lives.size() == 1);
}

TEST_CASE("journal: a line that was cut off may hold anything") {
    using namespace std::string_literals;
    const auto head = journal_head(small_header());
    for (const auto& rest : {"nonsense"s, std::string(5000, '\0'), "+ session 99 "s, "+ session 1 %"s}) {
        const auto read = read_text_of_journal(head + "phase 1\n" + rest);
        CHECK(read.size == head.size() + 8);
        CHECK(read.phase == 1);
    }
}

TEST_CASE("journal: of a file, errors tell its path") {
    const temporary_file good(journal_head(small_header()) + "+ session 1 a\n");
    CHECK(read_journal(good.path()).of(thing_kind::session).existing.size() == 1);
    const temporary_file bad(journal_head(small_header()) + "nonsense\n");
    CHECK_THROWS_WITH_AS(read_journal(bad.path()), (bad.path() + ": line 3 is no entry of a journal").c_str(),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(read_journal("/tmp/no/such"),
                         "cannot read the journal /tmp/no/such: No such file or directory",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read_journal("/tmp"), "cannot read the journal /tmp: Is a directory",
                         std::runtime_error);
}

TEST_CASE("journal: a million lines are read in time") {
    auto header = small_header();
    header.sessions = 1'000'000;
    auto text = journal_head(header);
    for (int i = 0; i < 500'000; ++i)
        text += "+ session " + std::to_string(i) + " 01234567-89ab-cdef-0123-456789abcdef\n";
    // Not in their order.
    for (int i = 0; i < 500'000; ++i)
        text += "- session " + std::to_string(i * 7919LL % 500'000) + '\n';
    const temporary_file file(text);
    const auto started = std::chrono::steady_clock::now();
    const auto read = read_journal(file.path());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    MESSAGE("read in ", took.count(), " s");
    CHECK(read.of(thing_kind::session).existing.empty());
    CHECK(read.size == text.size());
    CHECK(took.count() < 60); // far more than even a sanitizer needs
}
