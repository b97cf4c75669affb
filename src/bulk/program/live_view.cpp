#include "bulk/program/live_view.hpp"

#include "bulk/figures/sparkline.hpp"
#include "bulk/figures/units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <span>
#include <string_view>

namespace bandwidth::webrtc::bulk {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t widest_view = 120;
constexpr std::size_t narrow_view = 64; // below that there are no notes

constexpr std::size_t label_columns = 9;  // "in flight"
constexpr std::size_t value_columns = 11; // "1,234,567/s"
constexpr std::size_t note_columns = 16;  // "peak 1,234,567/s"

std::string spaces(std::size_t count) { return std::string(count, ' '); }

std::string to_left(const std::string& text, std::size_t columns) {
    return text + spaces(columns - std::min(columns, display_columns(text)));
}

std::string to_right(const std::string& text, std::size_t columns) {
    return spaces(columns - std::min(columns, display_columns(text))) + text;
}

// Whole seconds, for they do not flicker: "0:07", "12:34", "1:02:03".
std::string clock_text(std::chrono::seconds time) {
    const auto count = std::max<std::int64_t>(time.count(), 0);
    std::array<char, 48> text{};
    if (count < 3600)
        std::snprintf(text.data(), text.size(), "%d:%02d", static_cast<int>(count / 60),
                      static_cast<int>(count % 60));
    else
        std::snprintf(text.data(), text.size(), "%lld:%02d:%02d", static_cast<long long>(count / 3600),
                      static_cast<int>(count / 60 % 60), static_cast<int>(count % 60));
    return text.data();
}

std::string rate_text(double calls_per_second) {
    return format_count(static_cast<std::uint64_t>(std::llround(calls_per_second))) + "/s";
}

// Makes the lines of one frame.
class live_frame {
public:
    live_frame(const live_state& state, const style& style, std::size_t columns)
        : state_(state), style_(style), columns_(std::min(columns, widest_view)) {}

    std::vector<std::string> lines() const {
        std::vector<std::string> lines = {heading(), progress(), times(), rate(), p50(), p99(), errors()};
        const auto queued = format_count(state_.queued) + " queued";
        const auto retries = format_count(state_.retries);
        const auto throttled = format_count(state_.throttled) + " throttled";
        if (narrow()) {
            lines.push_back(row("in flight", format_count(state_.in_flight), queued));
            lines.push_back(row("retries", retries, throttled));
        } else {
            lines.push_back(row("in flight", format_count(state_.in_flight),
                                queued + "   " + retries + " retries   " + throttled));
        }
        // What is longer than it was taken to be at most is cut here.
        for (auto& line : lines) {
            line = cut_to_columns(line, columns_);
            line.erase(line.find_last_not_of(' ') + 1);
        }
        return lines;
    }

private:
    bool narrow() const { return columns_ < narrow_view; }

    std::string heading() const {
        auto phase = style_.safe(state_.phase);
        if (state_.phase_count > 1)
            phase += "  " + std::to_string(state_.phase_number) + '/' + std::to_string(state_.phase_count);
        const auto taken = std::min(columns_, display_columns(phase) + (phase.empty() ? 0 : 2));
        const auto title = shortened(style_.safe(state_.title), columns_ - taken);
        const auto gap = columns_ - std::min(columns_, display_columns(title) + display_columns(phase));
        return style_.apply(text_effect::bold, title) + spaces(gap) + phase;
    }

    std::string shortened(const std::string& text, std::size_t columns) const {
        if (display_columns(text) <= columns)
            return text;
        const std::string dots = style_.unicode ? "…" : "...";
        const auto kept = columns - std::min(columns, display_columns(dots));
        return kept == 0 ? "" : cut_to_columns(text, kept) + dots;
    }

    // How much of the run is over: by calls, or by time where their number is not known.
    std::optional<double> fraction() const {
        if (state_.total > 0)
            return std::min(static_cast<double>(state_.done) / static_cast<double>(state_.total), 1.0);
        if (!state_.left)
            return std::nullopt;
        const auto all = state_.elapsed + *state_.left;
        return all > 0ns ? static_cast<double>(state_.elapsed.count()) / static_cast<double>(all.count()) : 1;
    }

    std::string progress() const {
        const auto over = fraction();
        if (!over)
            return bar(0, columns_);
        // Rounded down: 100 % is when all is done.
        const auto percent = std::to_string(static_cast<int>(std::floor(*over * 100))) + '%';
        constexpr std::size_t percent_columns = 6;
        return bar(*over, columns_ - std::min(columns_, percent_columns)) +
               to_right(percent, percent_columns);
    }

    std::string bar(double over, std::size_t columns) const {
        const auto length = static_cast<std::size_t>(std::floor(over * static_cast<double>(columns)));
        std::string full;
        std::string rest;
        for (std::size_t i = 0; i < columns; ++i)
            if (i < length)
                full += style_.unicode ? "━" : "=";
            else
                rest += style_.unicode ? "─" : ".";
        return style_.apply(text_effect::green, full) + style_.apply(text_effect::dim, rest);
    }

    std::string times() const {
        auto calls = format_count(state_.done);
        if (state_.total > 0)
            calls += " of " + format_count(state_.total);
        if (!narrow())
            calls += ' ' + state_.unit;
        // Rounded up: it is 0:00 when all is done.
        const auto left =
            state_.left ? clock_text(std::chrono::ceil<std::chrono::seconds>(*state_.left)) : "-:--";
        const auto elapsed =
            clock_text(std::chrono::floor<std::chrono::seconds>(state_.elapsed)) + " elapsed";
        auto right = elapsed + "   " + left + " left";
        if (display_columns(calls) + 2 + right.size() > columns_)
            right = left + " left";
        return calls + to_right(right, columns_ - std::min(columns_, display_columns(calls)));
    }

    std::string rate() const {
        const auto calls =
            of_each([](const live_state::second& of) { return static_cast<double>(of.calls); });
        const auto now = calls.empty() ? std::string("-") : rate_text(calls.back());
        const auto note =
            state_.target_rate ? "target " + rate_text(*state_.target_rate) : peak(calls, rate_text);
        return row("rate", now, calls, text_effect::cyan, note);
    }

    std::string p50() const { return latency("p50", &live_state::second::p50); }
    std::string p99() const { return latency("p99", &live_state::second::p99); }

    std::string latency(const char* label, std::chrono::nanoseconds live_state::second::*which) const {
        // A second in which no call ended has no percentile.
        const auto values = of_each([which](const live_state::second& of) {
            return of.calls > 0 ? static_cast<double>((of.*which).count())
                                : std::numeric_limits<double>::quiet_NaN();
        });
        const auto text = [](double ns) {
            return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
        };
        const bool known = !values.empty() && !std::isnan(values.back());
        return row(label, known ? text(values.back()) : "-", values, text_effect::cyan, peak(values, text));
    }

    std::string errors() const {
        const auto values =
            of_each([](const live_state::second& of) { return static_cast<double>(of.failed); });
        const auto all = state_.failed + state_.mismatched;
        auto count = to_right(format_count(all), value_columns);
        if (all == 0)
            return row("errors", count, values, text_effect::dim, "");
        std::string note;
        if (state_.mismatched > 0) {
            note = format_count(state_.mismatched) + " mismatched";
        } else if (state_.done > 0) {
            std::array<char, 48> text{};
            const auto share = 100 * static_cast<double>(all) / static_cast<double>(state_.done);
            std::snprintf(text.data(), text.size(), share < 0.01 ? "< 0.01 %%" : "%.2f %%", share);
            note = text.data();
        }
        return row("errors", style_.apply(text_effect::red, count), values, text_effect::red, note);
    }

    std::string row(const char* label, const std::string& value, const std::string& rest) const {
        return style_.apply(text_effect::dim, to_left(label, label_columns)) + ' ' +
               to_right(value, value_columns) + "  " + rest;
    }

    std::string row(const char* label, const std::string& value, std::span<const double> values,
                    text_effect effect, const std::string& note) const {
        const auto columns = spark_columns();
        const auto spark = sparkline(values, columns, style_.unicode);
        auto text = row(label, value, style_.apply(effect, spark));
        if (!narrow())
            text += spaces(columns - display_columns(spark) + 2) + style_.apply(text_effect::dim, note);
        return text;
    }

    std::size_t spark_columns() const {
        const auto others = label_columns + 1 + value_columns + 2 + (narrow() ? 0 : 2 + note_columns);
        return columns_ - std::min(columns_, others);
    }

    template <class Function>
    std::vector<double> of_each(Function value) const {
        std::vector<double> values;
        for (const auto& second : state_.recent)
            values.push_back(value(second));
        return values;
    }

    // What the highest bar of the sparkline stands for.
    template <class Function>
    std::string peak(const std::vector<double>& values, Function text) const {
        const auto shown = std::span(values).last(std::min(values.size(), spark_columns()));
        double highest = 0;
        for (const double value : shown)
            highest = std::fmax(highest, value);
        return highest > 0 ? "peak " + text(highest) : "";
    }

    const live_state& state_;
    const style& style_;
    std::size_t columns_;
};

} // namespace

std::vector<std::string> render(const live_state& state, const style& style, std::size_t columns) {
    return live_frame(state, style, columns).lines();
}

} // namespace bandwidth::webrtc::bulk
