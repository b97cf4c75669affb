#include "bulk/run/progress.hpp"

#include "bulk/figures/statistics.hpp"
#include "bulk/figures/units.hpp"

#include <sys/ioctl.h>
#include <unistd.h>
#include <cmath>
#include <cstdlib>
#include <ostream>

namespace bandwidth::webrtc::bulk {

namespace {

using namespace std::chrono_literals;

// The rate is that of this last stretch: shorter ones jitter, longer ones hide a service that has stopped.
constexpr auto rate_window = 1s;

} // namespace

terminal_facts look_at_terminal() {
    terminal_facts facts;
    facts.is_terminal = isatty(STDERR_FILENO) == 1;
    if (const char* const term = std::getenv("TERM"))
        facts.term = term;
    facts.in_ci = std::getenv("CI") != nullptr;
    return facts;
}

bool shows_progress(progress_mode mode, bool quiet, const terminal_facts& terminal) {
    switch (mode) {
    case progress_mode::always:
        return true;
    case progress_mode::never:
        return false;
    case progress_mode::automatic:
        break;
    }
    return !quiet && terminal.is_terminal && terminal.term != "dumb" && !terminal.in_ci;
}

std::string format_progress(const progress_snapshot& now, double rate,
                            std::optional<std::chrono::nanoseconds> left, std::size_t width) {
    const auto percent = now.total == 0 ? 100 : now.done * 100 / now.total;
    std::string line = std::to_string(percent) + "%  " +
                       format_count(static_cast<std::uint64_t>(std::llround(rate))) + "/s  " +
                       format_count(now.in_flight) + " in flight  " + format_count(now.errors) +
                       (now.errors == 1 ? " error" : " errors");
    if (left)
        line += "  " + format_duration(*left) + " left";
    line += "  [" + std::to_string(now.phase_number) + '/' + std::to_string(now.phase_count) + "] ";
    line += now.phase;
    // A terminal that fills its last column goes to the next line, and the line cannot be written over.
    if (width > 0 && line.size() >= width)
        line.resize(width - 1);
    return line;
}

progress_line::progress_line(std::ostream& out, bool terminal) : out_(out), terminal_(terminal) {}

progress_line::clock::duration progress_line::interval() const noexcept { return terminal_ ? 200ms : 1s; }

void progress_line::show(const progress_snapshot& snapshot, clock::time_point now, std::size_t width) {
    if (!started_)
        started_ = now;
    recent_.emplace_back(now, snapshot.done);
    while (recent_.size() > 2 && now - recent_[1].first >= rate_window)
        recent_.pop_front();
    const auto recent_rate = rate(snapshot.done - recent_.front().second, now - recent_.front().first);
    const auto average = rate(snapshot.done, now - *started_);
    std::optional<std::chrono::nanoseconds> left;
    if (average > 0)
        left = std::chrono::round<std::chrono::nanoseconds>(
            std::chrono::duration<double>(static_cast<double>(snapshot.total - snapshot.done) / average));

    if (terminal_)
        out_ << '\r' << format_progress(snapshot, recent_rate, left, width) << "\x1b[K" << std::flush;
    else
        out_ << format_progress(snapshot, recent_rate, left, 0) << std::endl;
    visible_ = terminal_;
}

void progress_line::clear() {
    if (visible_)
        out_ << "\r\x1b[K" << std::flush;
    visible_ = false;
}

std::size_t terminal_width() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

} // namespace bandwidth::webrtc::bulk
