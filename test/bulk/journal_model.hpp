#pragma once

#include "bulk/journal/journal.hpp"
#include "bulk/temporary_file.hpp"
#include "support/random_numbers.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk::test {

/// A small run.
inline journal_header small_header() {
    journal_header header;
    header.run_id = "2026-11-28T12:00:00Z-abc";
    header.nonce = 0x0123456789abcdef;
    header.sessions = 10;
    header.participants = 2;
    header.endpoints = 5;
    header.shard = 2;
    header.shards = 4;
    header.base_url = "https://localhost:1234/v1";
    header.settings = {{"rate", 12}, {"operations", "create,delete"}};
    return header;
}

/// One entry.
struct journal_entry {
    enum class kind_of_entry : unsigned char { created, deleted, unknown, phase, life, end };
    kind_of_entry what = kind_of_entry::end;
    thing_kind kind = thing_kind::session;
    std::uint64_t number = 0;
    std::string id;
};

/// Calls the function of a writer or of a model that belongs to the entry.
template <class Target>
bool apply(const journal_entry& entry, Target& to) {
    using enum journal_entry::kind_of_entry;
    switch (entry.what) {
    case created:
        return to.created(entry.kind, entry.number, entry.id);
    case deleted:
        return to.deleted(entry.kind, entry.number);
    case unknown:
        return to.unknown(entry.kind, entry.number);
    case phase:
        return to.phase(entry.number);
    case life:
        return to.life(entry.number);
    case end:
        return to.end();
    }
    return false;
}

/// Of the few numbers of `small_header`, so that entries of one number meet; an id is of any bytes.
inline journal_entry any_entry(support::random_numbers& random) {
    const auto header = small_header();
    journal_entry entry;
    entry.what = static_cast<journal_entry::kind_of_entry>(random.pick(6));
    entry.kind = static_cast<thing_kind>(random.pick(3));
    entry.number = random.pick(static_cast<unsigned>(
        entry.what == journal_entry::kind_of_entry::life ? header.sessions : header.count(entry.kind)));
    if (entry.what == journal_entry::kind_of_entry::created)
        for (auto left = random.pick(40); left > 0; --left)
            entry.id += static_cast<char>(random.pick(256));
    return entry;
}

/// What a journal has to hold, made by other means than those of the program.
class journal_model {
public:
    explicit journal_model(const journal_header& header) {
        expected.header = header;
        add(journal_head(header));
    }

    bool created(thing_kind kind, std::uint64_t number, std::string_view id) {
        expected.of(kind).existing[number] = id;
        std::string encoded;
        for (const char c : id) {
            char written[4] = {c};
            if (static_cast<unsigned char>(c) < 0x21 || c == '\x7f' || c == '%')
                std::snprintf(written, sizeof written, "%%%02X",
                              static_cast<unsigned>(static_cast<unsigned char>(c)));
            encoded += written;
        }
        return add("+ " + name(kind, number) + ' ' + encoded + '\n');
    }
    bool deleted(thing_kind kind, std::uint64_t number) {
        expected.of(kind).existing.erase(number);
        expected.of(kind).unknown.erase(number);
        return add("- " + name(kind, number) + '\n');
    }
    bool unknown(thing_kind kind, std::uint64_t number) {
        expected.of(kind).unknown.insert(number);
        return add("? " + name(kind, number) + '\n');
    }
    bool phase(std::uint64_t number) {
        expected.phase = number;
        return add("phase " + std::to_string(number) + '\n');
    }
    bool life(std::uint64_t number) {
        expected.complete_lives.insert(number);
        return add("life " + std::to_string(number) + '\n');
    }
    bool end() {
        add("end\n");
        return expected.ended = true;
    }

    std::string text;
    journal_contents expected;

private:
    static std::string name(thing_kind kind, std::uint64_t number) {
        const char* const names[] = {"session ", "participant ", "endpoint "};
        return names[static_cast<std::size_t>(kind)] + std::to_string(number);
    }
    bool add(const std::string& line) {
        text += line;
        expected.size = text.size();
        expected.ended = false;
        return true;
    }
};

/// What the text says.
inline journal_contents read_text_of_journal(std::string_view text) {
    journal_reader reader;
    reader.add(text);
    return reader.finish();
}

} // namespace bandwidth::webrtc::bulk::test
