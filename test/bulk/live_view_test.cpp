#include "bulk/program/live_view.hpp"

#include "bulk/figures/style.hpp"

#include <doctest/doctest.h>

#include "support/text.hpp"

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;
using support::names;

namespace {

constexpr style plain_unicode{.color = false, .unicode = true};

live_state state_of_run() {
    live_state now;
    now.title = "run 7f3a · https://localhost:8443/v1";
    now.phase = "get_session";
    now.phase_number = 4;
    now.phase_count = 11;
    now.done = 410'000;
    now.total = 1'000'000;
    now.elapsed = 8s;
    now.left = 11'200ms;
    now.in_flight = 64;
    now.queued = 12;
    for (std::uint64_t i = 1; i <= 8; ++i)
        now.recent.push_back({i * 7'000, 0, i * 250us, i * 1ms});
    return now;
}

std::string all_of(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines)
        text += line + '\n';
    return text;
}

} // namespace

TEST_CASE("live view: the lines at 80 columns") {
    CHECK(all_of(render(state_of_run(), plain_unicode, 80)) ==
          R"(run 7f3a · https://localhost:8443/v1                           get_session  4/11
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━────────────────────────────────────────────   41%
410,000 of 1,000,000 calls                              0:08 elapsed   0:12 left
rate         56,000/s  ▂▃▄▅▅▆▇█                                 peak 56,000/s
p50           2.00 ms  ▂▃▄▅▅▆▇█                                 peak 2.00 ms
p99           8.00 ms  ▂▃▄▅▅▆▇█                                 peak 8.00 ms
errors              0  ▁▁▁▁▁▁▁▁
in flight          64  12 queued   0 retries   0 throttled
)");
}

TEST_CASE("live view: the lines at 40 columns, in ASCII") {
    CHECK(all_of(render(state_of_run(), style(), 40)) == R"(run 7f3a - https:/...  get_session  4/11
=============.....................   41%
410,000 of 1,000,000           0:12 left
rate         56,000/s  .:-==+*#
p50           2.00 ms  .:-==+*#
p99           8.00 ms  .:-==+*#
errors              0  ________
in flight          64  12 queued
retries             0  0 throttled
)");
}

TEST_CASE("live view: never wider than it may be, as many lines at any time, whatever the figures") {
    auto large = state_of_run();
    large.title += std::string(300, 'x') + "漢字";
    large.phase = std::string(60, 'p');
    large.done = large.total = large.in_flight = large.queued = ~std::uint64_t{0};
    large.failed = large.mismatched = ~std::uint64_t{0} / 2;
    large.retries = large.throttled = ~std::uint64_t{0};
    large.elapsed = large.left.emplace(1'000'000h);
    large.target_rate = 1e18;
    large.recent.assign(500, {~std::uint64_t{0}, 5, 1000h, 1000h});
    const style colorful{.color = true, .unicode = true};
    for (std::size_t columns = 0; columns <= 200; ++columns) {
        CAPTURE(columns);
        for (const auto& state : {large, state_of_run(), live_state()})
            for (const auto& how : {colorful, plain_unicode, style()}) {
                const auto lines = render(state, how, columns);
                CHECK(lines.size() == (columns < 64 ? 9 : 8));
                for (const auto& line : lines)
                    CHECK(display_columns(line) <= columns);
            }
    }
}

TEST_CASE("live view: colour changes nothing but the colour") {
    auto failed = state_of_run();
    failed.failed = 3;
    const style colorful{.color = true, .unicode = true};
    const auto with = render(failed, colorful, 80);
    const auto without = render(failed, plain_unicode, 80);
    REQUIRE(with.size() == without.size());
    for (std::size_t i = 0; i < with.size(); ++i) {
        auto text = with[i];
        for (auto at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b'))
            text.erase(at, text.find('m', at) + 1 - at);
        CHECK(text == without[i]);
    }
}

TEST_CASE("live view: red where there are errors only") {
    const style colorful{.color = true, .unicode = true};
    auto now = state_of_run();
    CHECK_FALSE(names(all_of(render(now, colorful, 80)), "\x1b[31m"));
    now.failed = 3;
    now.recent.back().failed = 3;
    const auto lines = render(now, colorful, 80);
    CHECK(names(lines[6], "\x1b[31m          3"));
    CHECK(names(lines[6], "▁▁▁▁▁▁▁█"));
    CHECK(names(lines[6], "< 0.01 %"));
    now.failed = 4'100;
    CHECK(names(render(now, colorful, 80)[6], "1.00 %"));
    now.mismatched = 2;
    CHECK(names(render(now, colorful, 80)[6], "4,102"));
    CHECK(names(render(now, colorful, 80)[6], "2 mismatched"));
}

TEST_CASE("live view: what is not known is not told") {
    auto now = state_of_run();
    now.left.reset();
    now.recent.clear();
    const auto lines = render(now, plain_unicode, 80);
    CHECK(names(lines[2], "-:-- left"));
    CHECK(lines[3] == "rate                -");
    CHECK(lines[5] == "p99                 -");
}

TEST_CASE("live view: a second in which no call ended has a rate, and no percentiles") {
    auto now = state_of_run();
    now.recent.back() = {};
    const auto lines = render(now, plain_unicode, 80);
    CHECK(names(lines[3], "  0/s  ▂▃▄▅▆▇█▁  "));
    CHECK(names(lines[4], "    -  ▂▃▄▅▆▇█   "));
}

TEST_CASE("live view: a run by duration has the bar of its time, and none where nothing is known") {
    auto now = state_of_run();
    now.total = 0;
    now.elapsed = 30s;
    now.left = 90s;
    auto lines = render(now, plain_unicode, 80);
    CHECK(names(lines[1], "   25%"));
    CHECK(names(lines[2], "410,000 calls  "));
    CHECK(names(lines[2], "0:30 elapsed   1:30 left"));
    now.left.reset();
    lines = render(now, plain_unicode, 80);
    CHECK_FALSE(names(lines[1], "━"));
    CHECK_FALSE(names(lines[1], "%"));
}

TEST_CASE("live view: 100 % and no time left are for the end") {
    auto now = state_of_run();
    now.done = now.total - 1;
    now.left = 1ms;
    auto lines = render(now, plain_unicode, 80);
    CHECK(names(lines[1], " 99%"));
    CHECK(names(lines[2], "0:01 left"));
    now.done = now.total;
    now.left = 0ns;
    now.elapsed = 3723s;
    lines = render(now, plain_unicode, 80);
    CHECK(names(lines[1], "━  100%"));
    CHECK(names(lines[2], "1:02:03 elapsed   0:00 left"));
}

TEST_CASE("live view: the target stands beside the rate") {
    auto now = state_of_run();
    now.target_rate = 60'000;
    CHECK(names(render(now, plain_unicode, 80)[3], "  target 60,000/s"));
    CHECK_FALSE(names(render(now, plain_unicode, 60)[3], "target"));
}

TEST_CASE("live view: a title of somebody else commands no terminal") {
    auto now = state_of_run();
    now.title = "run \x1b[2J\n";
    now.phase = "\x1b[H";
    for (const auto& line : render(now, plain_unicode, 80)) {
        CHECK_FALSE(names(line, "\x1b"));
        CHECK_FALSE(names(line, "\n"));
    }
}
