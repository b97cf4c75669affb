#pragma once

#include "bulk/job/calls.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

/// \file
/// The journal tells what a run has created and not deleted, so that nothing is lost when the program is
/// killed, the service is down or the power fails. It is a text file that only grows:
///
/// | line                              | what it says                                              |
/// |-----------------------------------|-----------------------------------------------------------|
/// | `bandwidth-webrtc-bulk journal 1` | the first line: what the file is, its format's version    |
/// | `{"run_id":...}`                  | the second line, a JSON object: `journal_header`          |
/// | `+ session 12 ID`                 | session 12 was created and has this id                    |
/// | `+ participant 24 ID`             | so was participant 24, counted over all sessions          |
/// | `+ endpoint 3 ID`                 | so was endpoint 3                                         |
/// | `- session 12`                    | nothing of session 12 is left                             |
/// | `? session 12`                    | its creation was sent, and nobody knows what became of it |
/// | `phase 3`                         | the phase of this number has begun                        |
/// | `life 12`                         | the life of session 12 (endpoint 12 for brtc) is complete |
/// | `end`                             | the run has ended in an orderly way                       |
///
/// `-` and `?` are written of participants and endpoints, too. All numbers are decimal and count from 0.
/// Words stand apart by one blank. In an ID each byte up to 0x20, 0x7f and '%' is percent-encoded. Later
/// lines overrule earlier ones:
///
/// | for one number | exists            | unknown   |
/// |----------------|-------------------|-----------|
/// | `+`            | yes, with this id | as it was |
/// | `?`            | as it was         | yes       |
/// | `-`            | no                | no        |
///
/// A `+` leaves the unknown creation before it unknown, because what was created anew is another thing. A
/// last line without '\n' was cut off, by the end of the process or a full disk, and says nothing.

namespace bandwidth::webrtc::bulk {

/// The run that a journal belongs to.
struct journal_header {
    std::string run_id;
    api_family api = api_family::webrtc;
    std::uint64_t nonce = 0; ///< of the tags, see `tag_prefix`
    std::uint64_t sessions = 0;
    std::uint64_t participants = 0; ///< in each session
    std::uint64_t endpoints = 0;
    std::uint64_t shard = 1;  ///< which one this is, from 1
    std::uint64_t shards = 1; ///< of so many
    std::string base_url;
    /// The program's own, which the journal keeps as they are, but for the last bits of numbers with many
    /// decimals: Boost.JSON rounds them.
    boost::json::object settings;

    /// The numbers of this kind that lines may have are those below it.
    std::uint64_t count(thing_kind kind) const noexcept;
    /// The same for lives: the sessions, or the endpoints for brtc.
    std::uint64_t lives() const noexcept { return api == api_family::brtc ? endpoints : sessions; }

    friend bool operator==(const journal_header&, const journal_header&) = default;
};

/// As the second line has it.
boost::json::object to_json(const journal_header& header);

/// What `to_json` made; members that it does not know are ignored.
/// \throws std::invalid_argument telling which member is missing or wrong.
journal_header journal_header_from_json(const boost::json::value& json);

/// The first two lines of the journal.
std::string journal_head(const journal_header& header);

/// What a journal says in the end. Its size is in proportion to what exists, whatever the numbers are.
struct journal_contents {
    /// Of one kind, by number.
    struct things {
        std::map<std::uint64_t, std::string> existing; ///< their ids
        std::set<std::uint64_t> unknown;               ///< whose creation had no response

        friend bool operator==(const things&, const things&) = default;
    };

    journal_header header;
    std::array<things, thing_kind_count> of_kind;
    std::optional<std::uint64_t> phase; ///< the last one that has begun
    std::set<std::uint64_t> complete_lives;
    bool ended = false;     ///< the last line is `end`
    std::uint64_t size = 0; ///< in bytes, of all lines that are complete

    things& of(thing_kind kind) noexcept { return of_kind[static_cast<std::size_t>(kind)]; }
    const things& of(thing_kind kind) const noexcept { return of_kind[static_cast<std::size_t>(kind)]; }

    friend bool operator==(const journal_contents&, const journal_contents&) = default;
};

/// Reads a journal whose text comes in pieces of any size. Not thread-safe.
class journal_reader {
public:
    /// \throws std::invalid_argument telling the number of the line that is wrong, and why. The reader is of
    ///         no use from then on.
    void add(std::string_view piece);

    /// What all the text says. Is called once, and nothing else after it.
    /// \throws std::invalid_argument when the first two lines are not there.
    journal_contents finish();

private:
    void read_line(std::string_view line);
    void read_entry(std::string_view line);
    std::uint64_t read_number(std::string_view noun, std::string_view text, std::uint64_t count) const;
    [[noreturn]] void refuse(const std::string& what) const;

    journal_contents contents_;
    std::string partial_; // the line whose end has not come yet
    std::uint64_t lines_ = 0;
};

/// Reads the file.
/// \throws std::invalid_argument telling the path, the number of the line that is wrong, and why
/// \throws std::runtime_error telling why the file cannot be read
journal_contents read_journal(const std::string& path);

} // namespace bandwidth::webrtc::bulk
