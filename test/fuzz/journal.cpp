#include "bulk/journal/journal.hpp"

#include <stdexcept>
#include <string>

#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

namespace bulk = bandwidth::webrtc::bulk;

// In pieces whose sizes come from the text, so that a failure can be seen again.
bulk::journal_contents read_in_pieces(std::string_view text) {
    bulk::journal_reader reader;
    while (!text.empty()) {
        const auto size = 1 + static_cast<unsigned char>(text.front()) % 7u;
        const auto piece = text.substr(0, size);
        reader.add(piece);
        text.remove_prefix(piece.size());
    }
    return reader.finish();
}

bulk::journal_contents read_whole(std::string_view text) {
    bulk::journal_reader reader;
    reader.add(text);
    return reader.finish();
}

// Behind the same head, because Boost.JSON reads numbers such as 1e999 that it cannot write. Every byte of
// the ids is encoded, which is more than a writer does.
std::string written_again(std::string_view head, const bulk::journal_contents& contents) {
    std::string text(head);
    for (const auto kind :
         {bulk::thing_kind::session, bulk::thing_kind::participant, bulk::thing_kind::endpoint}) {
        const auto noun = " " + std::string(to_string(kind)) + ' ';
        for (const auto& [number, id] : contents.of(kind).existing) {
            text += '+' + noun + std::to_string(number) + ' ';
            for (const char c : id) {
                char encoded[4];
                std::snprintf(encoded, sizeof encoded, "%%%02x",
                              static_cast<unsigned>(static_cast<unsigned char>(c)));
                text += encoded;
            }
            text += '\n';
        }
        for (const auto number : contents.of(kind).unknown)
            text += '?' + noun + std::to_string(number) + '\n';
    }
    for (const auto number : contents.complete_lives)
        text += "life " + std::to_string(number) + '\n';
    if (contents.phase)
        text += "phase " + std::to_string(*contents.phase) + '\n';
    if (contents.ended)
        text += "end\n";
    return text;
}

void check_journal(std::string_view text) {
    bulk::journal_contents contents;
    try {
        contents = read_whole(text);
    } catch (const std::invalid_argument& refusal) {
        require(std::string_view(refusal.what()).starts_with("line "), "refused with the line's number");
        try {
            read_in_pieces(text);
        } catch (const std::invalid_argument& again) {
            require(std::string_view(again.what()) == refusal.what(),
                    "refused for the same reason in pieces");
            return;
        }
        require(false, "refused in pieces too");
    }
    require(read_in_pieces(text) == contents, "in pieces it says the same");
    require(contents.size <= text.size() && text[contents.size - 1] == '\n',
            "the size is that of whole lines");
    require(text.find('\n', contents.size) == std::string_view::npos, "all whole lines were read");
    require(read_whole(text.substr(0, contents.size)) == contents, "a line that was cut off says nothing");
    for (const auto kind :
         {bulk::thing_kind::session, bulk::thing_kind::participant, bulk::thing_kind::endpoint})
        if (const auto& existing = contents.of(kind).existing; !existing.empty())
            require(existing.rbegin()->first < contents.header.count(kind), "numbers that the header allows");

    const auto head = text.substr(0, text.find('\n', text.find('\n') + 1) + 1);
    const auto again = written_again(head, contents);
    contents.size = again.size();
    require(read_whole(again) == contents, "written again it says the same");
}

} // namespace

void journal(std::string_view input) {
    check_journal(input);
    // Most inputs have no good head, and their entries shall be read, too.
    bulk::journal_header header;
    header.sessions = 20;
    header.participants = 3;
    header.endpoints = 1'000'000'000'000'000'000;
    check_journal(bulk::journal_head(header) + std::string(input));
}

} // namespace fuzz
