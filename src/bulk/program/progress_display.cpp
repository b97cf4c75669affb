#include "bulk/program/progress_display.hpp"

#include "bulk/figures/statistics.hpp"
#include "bulk/figures/units.hpp"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ostream>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace {

using namespace std::chrono_literals;

// As many seconds as a wide terminal has room for.
constexpr std::size_t seconds_shown = 120;

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
                            std::optional<std::chrono::nanoseconds> left) {
    const auto errors = now.failed + now.mismatched;
    std::string line;
    if (!now.left_of_phase)
        line = std::to_string(now.total == 0 ? 100 : now.done * 100 / now.total) + "%  ";
    line += format_count(static_cast<std::uint64_t>(std::llround(rate))) + "/s  " +
            format_count(now.in_flight) + " in flight  " + format_count(errors) +
            (errors == 1 ? " error" : " errors");
    if (left)
        line += "  " + format_duration(*left) + " left";
    line += "  [" + std::to_string(now.phase_number) + '/' + std::to_string(now.phase_count) + "] ";
    return line + now.phase;
}

progress_display::progress_display(std::ostream& out, std::string title, bool terminal, style look)
    : out_(out), terminal_(terminal), look_(look), screen_(out) {
    state_.title = std::move(title);
}

progress_display::clock::duration progress_display::interval() const noexcept {
    return terminal_ ? 200ms : 1s;
}

void progress_display::start_anew() {
    estimate_ = time_left_estimate();
    last_done_ = 0;
}

void progress_display::take_seconds(const time_series& ended) {
    for (const auto& [second, one] : ended.records())
        state_.recent.push_back({one.succeeded() + one.failed, one.failed + one.mismatched,
                                 one.latency.percentile(0.5), one.latency.percentile(0.99)});
    if (state_.recent.size() > seconds_shown)
        state_.recent.erase(state_.recent.begin(),
                            state_.recent.end() - static_cast<std::ptrdiff_t>(seconds_shown));
}

void progress_display::show(const progress_snapshot& snapshot, const time_series& ended,
                            clock::time_point now, terminal_size size) {
    if (!started_)
        started_ = last_line_ = now;
    take_seconds(ended);
    auto left = snapshot.left_of_phase;
    if (!left)
        left = estimate_.update(now, snapshot.done, snapshot.total, snapshot.in_flight);
    if (!terminal_) {
        const auto done = snapshot.done - std::min(snapshot.done, std::exchange(last_done_, snapshot.done));
        out_ << format_progress(snapshot, rate(done, now - std::exchange(last_line_, now)), left)
             << std::endl;
        return;
    }
    state_.phase = snapshot.phase;
    state_.unit = snapshot.unit;
    state_.phase_number = snapshot.phase_number;
    state_.phase_count = snapshot.phase_count;
    state_.done = snapshot.done;
    state_.total = snapshot.left_of_phase ? 0 : snapshot.total;
    state_.elapsed = now - *started_;
    state_.left = left;
    state_.in_flight = snapshot.in_flight;
    state_.queued = snapshot.queued;
    state_.failed = snapshot.failed;
    state_.mismatched = snapshot.mismatched;
    state_.retries = snapshot.retries;
    state_.throttled = snapshot.throttled;
    screen_.draw(render(state_, look_, size.columns - 1), size);
}

void progress_display::clear(terminal_size size) {
    if (terminal_)
        screen_.clear(size);
}

terminal_size look_at_size() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {};
    return {size.ws_col, size.ws_row};
}

} // namespace bandwidth::webrtc::bulk
