#pragma once

#include "bulk/figures/style.hpp"
#include "bulk/figures/time_series.hpp"
#include "bulk/program/live_view.hpp"
#include "bulk/program/screen.hpp"
#include "bulk/program/time_left.hpp"
#include "bulk/run/progress_snapshot.hpp"

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// Whether progress is shown.
enum class progress_mode {
    automatic, ///< when standard error is a terminal on which it makes sense
    always,
    never,
};

/// What decides whether progress is shown.
struct terminal_facts {
    bool is_terminal = false; ///< standard error is one
    std::string term;         ///< TERM
    bool in_ci = false;       ///< CI is set: a robot reads
};

/// The facts about this process.
terminal_facts look_at_terminal();

/// Whether to show progress.
bool shows_progress(progress_mode mode, bool quiet, const terminal_facts& terminal);

/// One line: "41%  52,310/s  64 in flight  0 errors  3.00 s left  [4/11] get_session".
/// \param rate  items in each second, of late
/// \param left  the time until all is done; nothing while it is not known
std::string format_progress(const progress_snapshot& now, double rate,
                            std::optional<std::chrono::nanoseconds> left);

/// Shows where a run stands: on a terminal a view of a few lines that is drawn anew again and again, and on
/// anything else a line now and then. Not thread-safe.
class progress_display {
public:
    using clock = std::chrono::steady_clock;

    /// \param out       where to; must outlive this
    /// \param title     of the view: the run and the service
    /// \param terminal  whether the view can be drawn
    /// \param look      of the view
    progress_display(std::ostream& out, std::string title, bool terminal, style look);

    /// The calls that are to begin in each second; shown beside those that do.
    void set_target_rate(double rate) { state_.target_rate = rate; }
    /// Another run of phases begins: what is known of the time that items take is of no more use.
    void start_anew();
    /// How often `show` is worth to be called.
    clock::duration interval() const noexcept;
    /// \param ended  the seconds that have ended since the last time
    /// \param size   of the terminal
    void show(const progress_snapshot& snapshot, const time_series& ended, clock::time_point now,
              terminal_size size);
    /// Wipes the view away, so that something else can be written.
    /// \param size  of the terminal
    void clear(terminal_size size);

private:
    void take_seconds(const time_series& ended);

    std::ostream& out_;
    bool terminal_;
    style look_;
    screen screen_;
    live_state state_;
    time_left_estimate estimate_;
    std::optional<clock::time_point> started_;
    clock::time_point last_line_{};
    std::uint64_t last_done_ = 0;
};

/// The size of the terminal at standard error; 80 columns and 24 rows where it is not known.
terminal_size look_at_size();

} // namespace bandwidth::webrtc::bulk
