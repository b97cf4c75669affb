#include "bulk/program/progress_display.hpp"

#include <doctest/doctest.h>
#include <sstream>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

namespace {

progress_snapshot halfway() {
    progress_snapshot now;
    now.phase = "get_session";
    now.phase_number = 4;
    now.phase_count = 11;
    now.done = 41'200;
    now.total = 100'000;
    now.in_flight = 64;
    return now;
}

terminal_facts good_terminal() {
    terminal_facts facts;
    facts.is_terminal = true;
    facts.term = "xterm";
    return facts;
}

} // namespace

TEST_CASE("progress: the line") {
    CHECK(format_progress(halfway(), 52'310.4, 3s) ==
          "41%  52,310/s  64 in flight  0 errors  3.00 s left  [4/11] get_session");
    auto failed = halfway();
    failed.failed = 1;
    CHECK(format_progress(failed, 0, std::nullopt) == "41%  0/s  64 in flight  1 error  [4/11] get_session");
    failed.mismatched = 1;
    failed.left_of_phase = 3s; // there is no share of the items then
    CHECK(format_progress(failed, 0, 3s) == "0/s  64 in flight  2 errors  3.00 s left  [4/11] get_session");
    CHECK(format_progress(progress_snapshot(), 0, std::nullopt) ==
          "100%  0/s  0 in flight  0 errors  [0/0] ");
}

TEST_CASE("progress: shown on a terminal that can, unless told otherwise") {
    const auto terminal = good_terminal();
    CHECK(shows_progress(progress_mode::automatic, false, terminal));
    CHECK_FALSE(shows_progress(progress_mode::never, false, terminal));
    CHECK_FALSE(shows_progress(progress_mode::automatic, true, terminal));
    CHECK(shows_progress(progress_mode::always, false, terminal_facts()));
    CHECK_FALSE(shows_progress(progress_mode::automatic, false, terminal_facts()));
    auto dumb = terminal;
    dumb.term = "dumb";
    CHECK_FALSE(shows_progress(progress_mode::automatic, false, dumb));
    auto robot = terminal;
    robot.in_ci = true;
    CHECK_FALSE(shows_progress(progress_mode::automatic, false, robot));
}

TEST_CASE("progress: on a terminal a view is drawn, with the seconds that have ended, and wiped away") {
    std::ostringstream out;
    progress_display display(out, "run 7f3a", true, style());
    time_series ended;
    ended.at(100s).latency.add(5ms, 1'234);
    ended.at(100s).failed = 1;
    auto now = halfway();
    now.retries = 77;
    display.show(now, ended, progress_display::clock::time_point(), {80, 24});
    const auto frame = out.str();
    CAPTURE(frame);
    for (const char* part : {"run 7f3a", "get_session", "41%", "1,235", "64", "77"})
        CHECK(frame.find(part) != std::string::npos);
    out.str("");
    display.clear({80, 24});
    CHECK(out.str().find("\x1b[") != std::string::npos);
    out.str("");
    display.clear({80, 24});
    CHECK(out.str() == "");
}

TEST_CASE("progress: elsewhere each line is one of its own, with the rate since the last one") {
    std::ostringstream out;
    progress_display display(out, "run 7f3a", false, style());
    auto now = halfway();
    now.done = 0;
    progress_display::clock::time_point time{};
    display.show(now, {}, time, {});
    CHECK(out.str() == "0%  0/s  64 in flight  0 errors  [4/11] get_session\n");
    now.done = 2'000;
    out.str("");
    display.show(now, {}, time + 1s, {});
    CHECK(out.str().starts_with("2%  2,000/s  64 in flight  0 errors"));
    out.str("");
    display.show(now, {}, time + 2s, {});
    CHECK(out.str().starts_with("2%  0/s  64 in flight"));
    display.clear({});
}
