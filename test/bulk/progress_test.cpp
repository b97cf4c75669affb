#include "bulk/run/progress.hpp"

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
    CHECK(format_progress(halfway(), 52'310.4, 3s, 200) ==
          "41%  52,310/s  64 in flight  0 errors  3.00 s left  [4/11] get_session");
    auto failed = halfway();
    failed.errors = 1;
    CHECK(format_progress(failed, 0, std::nullopt, 200) ==
          "41%  0/s  64 in flight  1 error  [4/11] get_session");
    CHECK(format_progress(progress_snapshot(), 0, std::nullopt, 200) ==
          "100%  0/s  0 in flight  0 errors  [0/0] ");
}

TEST_CASE("progress: a narrow terminal cuts the line before its last column") {
    CHECK(format_progress(halfway(), 0, std::nullopt, 10) == "41%  0/s ");
    CHECK(format_progress(halfway(), 0, std::nullopt, 1) == "");
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

TEST_CASE("progress: on a terminal one line is written over and wiped away") {
    std::ostringstream out;
    progress_line line(out, true);
    const progress_line::clock::time_point start{};
    line.show(halfway(), start, 80);
    CHECK(out.str() == "\r41%  0/s  64 in flight  0 errors  [4/11] get_session\x1b[K");
    out.str("");
    line.clear();
    CHECK(out.str() == "\r\x1b[K");
    out.str("");
    line.clear();
    CHECK(out.str() == "");
}

TEST_CASE("progress: elsewhere each line is one of its own") {
    std::ostringstream out;
    progress_line line(out, false);
    line.show(halfway(), {}, 10);
    line.clear();
    CHECK(out.str() == "41%  0/s  64 in flight  0 errors  [4/11] get_session\n");
}

TEST_CASE("progress: the rate is that of the last second, the time left that of the whole run") {
    std::ostringstream out;
    progress_line line(out, false);
    auto now = halfway();
    progress_line::clock::time_point time{};
    for (const std::size_t done : {0u, 1'000u, 2'000u, 3'000u}) {
        now.done = done;
        line.show(now, time, 0);
        time += 500ms;
    }
    CHECK(out.str().find("3%  2,000/s  64 in flight  0 errors  48.5 s left") != std::string::npos);
    // Nothing more comes: soon the rate is 0.
    for (int i = 0; i < 3; ++i) {
        out.str("");
        line.show(now, time, 0);
        time += 500ms;
    }
    CHECK(out.str().find("3%  0/s") != std::string::npos);
}
