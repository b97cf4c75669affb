#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc::bulk {

/// Whether progress is shown.
enum class progress_mode {
    automatic, ///< when standard error is a terminal on which it makes sense
    always,
    never,
};

/// Where a run stands.
struct progress_snapshot {
    std::string_view phase;
    std::size_t phase_number = 0; ///< from 1
    std::size_t phase_count = 0;
    std::size_t done = 0; ///< items, of all phases
    std::size_t total = 0;
    bool has_end = true; ///< else a stage lasts for a time, and `total` is of the others
    std::size_t in_flight = 0;
    std::uint64_t errors = 0; ///< failed calls and mismatches
};

/// What decides whether progress is shown.
struct terminal_facts {
    bool is_terminal = false; ///< standard error is one
    std::string term;         ///< TERM
    bool in_ci = false;       ///< CI is set: a robot reads
};

/// The facts about this process.
terminal_facts look_at_terminal();

/// Whether to show the progress line.
bool shows_progress(progress_mode mode, bool quiet, const terminal_facts& terminal);

/// The line: "41%  52,310/s  64 in flight  0 errors  3.00 s left  [4/11] get_session".
/// \param rate   calls in each second, of late
/// \param left   the time until all is done; nothing while it is not known
/// \param width  of the terminal: the line is cut to one less
std::string format_progress(const progress_snapshot& now, double rate,
                            std::optional<std::chrono::nanoseconds> left, std::size_t width);

/// Keeps one line of a terminal up to date; on anything else writes a line of its own now and then.
class progress_line {
public:
    using clock = std::chrono::steady_clock;

    /// \param out       where to; must outlive this
    /// \param terminal  whether the line can be written over
    progress_line(std::ostream& out, bool terminal);

    /// How often `show` is worth to be called.
    clock::duration interval() const noexcept;
    /// \param width  of the terminal, in columns
    void show(const progress_snapshot& snapshot, clock::time_point now, std::size_t width);
    /// Wipes the line away, so that something else can be written.
    void clear();

private:
    std::ostream& out_;
    bool terminal_;
    bool visible_ = false;
    std::optional<clock::time_point> started_;
    std::deque<std::pair<clock::time_point, std::size_t>> recent_; // when, and how many calls were done then
};

/// The width of the terminal at standard error; 80 where it is not known.
std::size_t terminal_width();

} // namespace bandwidth::webrtc::bulk
