#include "bulk/journal/journal.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::bulk {

namespace json = boost::json;

namespace {

constexpr std::string_view first_line = "bandwidth-webrtc-bulk journal 1";

std::optional<thing_kind> find_kind(std::string_view name) noexcept {
    for (std::size_t i = 0; i < thing_kind_count; ++i)
        if (to_string(static_cast<thing_kind>(i)) == name)
            return static_cast<thing_kind>(i);
    return std::nullopt;
}

json::string_view view(std::string_view text) noexcept { return {text.data(), text.size()}; }

// What a function that reads one member is given, so that each can tell which one is wrong.
[[noreturn]] void refuse_member(std::string_view name, const char* what) {
    throw std::invalid_argument("the header's " + std::string(name) + " is " + what);
}

const json::value& member(const json::object& header, std::string_view name) {
    const auto* const value = header.if_contains(view(name));
    if (value == nullptr)
        refuse_member(name, "missing");
    return *value;
}

std::string read_text(const json::object& header, std::string_view name) {
    const auto* const text = member(header, name).if_string();
    if (text == nullptr)
        refuse_member(name, "no string");
    return {text->data(), text->size()};
}

std::uint64_t read_count(const json::object& header, std::string_view name, std::uint64_t least = 0) {
    json::error_code failed;
    const auto count = member(header, name).to_number<std::uint64_t>(failed);
    if (failed || count < least)
        refuse_member(name, "no count");
    return count;
}

api_family read_api(const json::object& header) {
    const auto name = read_text(header, "api");
    for (const auto family : {api_family::webrtc, api_family::brtc})
        if (name == to_string(family))
            return family;
    refuse_member("api", "neither webrtc nor brtc");
}

std::uint64_t read_nonce(const json::object& header) {
    const auto digits = read_text(header, "nonce");
    const auto* const end = digits.data() + digits.size();
    std::uint64_t nonce = 0;
    const auto [stopped, failed] = std::from_chars(digits.data(), end, nonce, 16);
    if (digits.size() != 16 || failed != std::errc() || stopped != end)
        refuse_member("nonce", "no number of 16 hexadecimal digits");
    return nonce;
}

std::optional<unsigned> hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return static_cast<unsigned>(c - '0');
    if (c >= 'A' && c <= 'F')
        return static_cast<unsigned>(c - 'A' + 10);
    if (c >= 'a' && c <= 'f')
        return static_cast<unsigned>(c - 'a' + 10);
    return std::nullopt;
}

// Nothing when it is not what a writer makes of an id.
std::optional<std::string> decode_id(std::string_view text) {
    std::string id;
    id.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte <= 0x20 || byte == 0x7f)
            return std::nullopt;
        if (byte != '%') {
            id += text[i];
            continue;
        }
        if (text.size() - i < 3)
            return std::nullopt;
        const auto high = hex_digit(text[i + 1]);
        const auto low = hex_digit(text[i + 2]);
        if (!high || !low)
            return std::nullopt;
        id += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    return id;
}

[[noreturn]] void refuse_file(const std::string& path) {
    throw std::runtime_error("cannot read the journal " + path + ": " +
                             std::generic_category().message(errno));
}

// A descriptor that is closed at the end.
class readable_file {
public:
    explicit readable_file(const std::string& path)
        : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (descriptor_ < 0)
            refuse_file(path);
    }
    readable_file(const readable_file&) = delete;
    readable_file& operator=(const readable_file&) = delete;
    ~readable_file() { ::close(descriptor_); }

    ssize_t read(char* to, std::size_t size) noexcept {
        for (;;) {
            const auto count = ::read(descriptor_, to, size);
            if (count >= 0 || errno != EINTR)
                return count;
        }
    }

private:
    int descriptor_;
};

} // namespace

std::uint64_t journal_header::count(thing_kind kind) const noexcept {
    switch (kind) {
    case thing_kind::session:
        return sessions;
    case thing_kind::participant:
        return sessions * participants;
    case thing_kind::endpoint:
        return endpoints;
    }
    return 0;
}

json::object to_json(const journal_header& header) {
    std::array<char, 17> nonce{};
    std::snprintf(nonce.data(), nonce.size(), "%016llx", static_cast<unsigned long long>(header.nonce));
    json::object out;
    out["run_id"] = header.run_id;
    out["api"] = view(to_string(header.api));
    out["nonce"] = nonce.data();
    out["sessions"] = header.sessions;
    out["participants"] = header.participants;
    out["endpoints"] = header.endpoints;
    out["shard"] = header.shard;
    out["shards"] = header.shards;
    out["base_url"] = header.base_url;
    out["settings"] = header.settings;
    return out;
}

journal_header journal_header_from_json(const json::value& json) {
    const auto* const from = json.if_object();
    if (from == nullptr)
        throw std::invalid_argument("the header is no JSON object");
    journal_header header;
    header.run_id = read_text(*from, "run_id");
    header.api = read_api(*from);
    header.nonce = read_nonce(*from);
    header.sessions = read_count(*from, "sessions");
    header.participants = read_count(*from, "participants");
    if (header.participants != 0 &&
        header.sessions > std::numeric_limits<std::uint64_t>::max() / header.participants)
        refuse_member("participants", "too large for so many sessions");
    header.endpoints = read_count(*from, "endpoints");
    header.shards = read_count(*from, "shards", 1);
    header.shard = read_count(*from, "shard", 1);
    if (header.shard > header.shards)
        refuse_member("shard", "larger than the number of shards");
    header.base_url = read_text(*from, "base_url");
    const auto* const settings = member(*from, "settings").if_object();
    if (settings == nullptr)
        refuse_member("settings", "no JSON object");
    header.settings = *settings;
    return header;
}

std::string journal_head(const journal_header& header) {
    std::string text(first_line);
    text += '\n';
    text += json::serialize(to_json(header));
    text += '\n';
    return text;
}

void journal_reader::add(std::string_view piece) {
    for (;;) {
        const auto end = piece.find('\n');
        if (end == std::string_view::npos)
            break;
        if (partial_.empty()) {
            read_line(piece.substr(0, end));
        } else {
            partial_ += piece.substr(0, end);
            read_line(partial_);
            partial_.clear();
        }
        piece.remove_prefix(end + 1);
    }
    partial_ += piece;
}

journal_contents journal_reader::finish() {
    if (lines_ < 2)
        throw std::invalid_argument(lines_ == 0 ? "line 1 is not complete: this is no journal"
                                                : "line 2 is not complete: the header is missing");
    return std::move(contents_);
}

void journal_reader::read_line(std::string_view line) {
    ++lines_;
    if (lines_ == 1) {
        if (line != first_line)
            refuse("is not '" + std::string(first_line) + "': this is no journal, or of another version");
    } else if (lines_ == 2) {
        // Paths and URLs come from the command line, and may have any bytes.
        json::parse_options any_bytes;
        any_bytes.allow_invalid_utf8 = true;
        json::error_code failed;
        const auto parsed = json::parse(view(line), failed, {}, any_bytes);
        if (failed)
            refuse("is no JSON: " + failed.message());
        try {
            contents_.header = journal_header_from_json(parsed);
        } catch (const std::invalid_argument& error) {
            refuse(std::string("is no header: ") + error.what());
        }
    } else {
        read_entry(line);
    }
    contents_.size += line.size() + 1;
}

void journal_reader::read_entry(std::string_view line) {
    // One more than any entry has, so that the rest of a longer one is seen.
    std::array<std::string_view, 5> words;
    std::size_t count = 0;
    for (bool more = true; more && count < words.size();) {
        const auto blank = line.find(' ');
        more = blank != std::string_view::npos;
        words[count++] = line.substr(0, blank);
        line.remove_prefix(more ? blank + 1 : line.size());
    }

    contents_.ended = count == 1 && words[0] == "end";
    if (contents_.ended)
        return;
    if (count == 2 && words[0] == "phase") {
        contents_.phase = read_number("phase", words[1], std::numeric_limits<std::uint64_t>::max());
        return;
    }
    if (count == 2 && words[0] == "life") {
        contents_.complete_lives.insert(read_number("life", words[1], contents_.header.lives()));
        return;
    }
    const bool created = count == 4 && words[0] == "+";
    const bool deleted = count == 3 && words[0] == "-";
    const bool unknown = count == 3 && words[0] == "?";
    if (!created && !deleted && !unknown)
        refuse("is no entry of a journal");
    const auto kind = find_kind(words[1]);
    if (!kind)
        refuse("is of no session, participant or endpoint");
    const auto number = read_number(words[1], words[2], contents_.header.count(*kind));
    auto& things = contents_.of(*kind);
    if (deleted) {
        things.existing.erase(number);
        things.unknown.erase(number);
    } else if (unknown) {
        things.unknown.insert(number);
    } else {
        auto id = decode_id(words[3]);
        if (!id)
            refuse("has an id with a byte that should be encoded, or a '%' without two hexadecimal digits");
        // Most runs create in the order of the numbers.
        things.existing.insert_or_assign(things.existing.end(), number, *std::move(id));
    }
}

std::uint64_t journal_reader::read_number(std::string_view noun, std::string_view text,
                                          std::uint64_t count) const {
    const auto* const end = text.data() + text.size();
    std::uint64_t number = 0;
    const auto [stopped, failed] = std::from_chars(text.data(), end, number);
    if (failed == std::errc::invalid_argument || stopped != end)
        refuse("has no number where one belongs");
    if (failed != std::errc() || number >= count)
        refuse("has a number that is too large: of a " + std::string(noun) + ", of which there are " +
               std::to_string(count));
    return number;
}

void journal_reader::refuse(const std::string& what) const {
    throw std::invalid_argument("line " + std::to_string(lines_) + ' ' + what);
}

journal_contents read_journal(const std::string& path) {
    readable_file file(path);
    journal_reader reader;
    std::vector<char> buffer(64 * 1024);
    try {
        for (;;) {
            const auto count = file.read(buffer.data(), buffer.size());
            if (count < 0)
                refuse_file(path);
            if (count == 0)
                return reader.finish();
            reader.add({buffer.data(), static_cast<std::size_t>(count)});
        }
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(path + ": " + error.what());
    }
}

} // namespace bandwidth::webrtc::bulk
