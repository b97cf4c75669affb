#include "bulk/report/html_text.hpp"

#include "bulk/figures/units.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace bandwidth::webrtc::bulk::html {

namespace {

constexpr std::string_view dash = "\u2013";

std::string with_decimals(double value, int decimals, const char* format = "%.*f") {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, decimals, value);
    return text.data();
}

} // namespace

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : printable(text))
        switch (c) {
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '&':
            out += "&amp;";
            break;
        case '"':
            out += "&quot;";
            break;
        default:
            out += c;
        }
    return out;
}

std::string duration_text(std::chrono::nanoseconds value) {
    if (value.count() == 0)
        return "0 s";
    auto text = format_duration(value);
    if (text.ends_with(" us"))
        text.replace(text.size() - 2, 1, "\u00b5");
    return text;
}

std::string rate_text(double rate) {
    return rate >= 10 ? format_count(static_cast<std::uint64_t>(std::llround(rate))) : with_decimals(rate, 2);
}

std::string ratio_text(std::uint64_t part, std::uint64_t whole) {
    return with_decimals(whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole), 2);
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
    if (part == 0 || whole == 0)
        return "0 %";
    const auto percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
    return percent < 0.01 ? "< 0.01 %" : with_decimals(percent, percent < 10 ? 2 : 1) + " %";
}

std::string change_text(double base, double changed) {
    if (base <= 0 || changed <= 0)
        return std::string(dash);
    const auto percent = 100 * (changed / base - 1);
    if (std::abs(percent) < 0.05)
        return "0.0 %";
    auto text = with_decimals(percent, 1, "%+.*f") + " %";
    if (text.front() == '-')
        text.replace(0, 1, "\u2212");
    return text;
}

std::string date_text(std::chrono::nanoseconds since_1970) {
    if (since_1970.count() == 0)
        return std::string(dash);
    const std::chrono::sys_time<std::chrono::nanoseconds> at(since_1970);
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return text.data();
}

std::string counted(std::uint64_t count, std::string_view noun) {
    return format_count(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

table::table(std::string_view caption, const std::vector<std::string>& headings, std::size_t first_number,
             std::size_t behind_numbers)
    : caption_(escaped(caption)), first_number_(first_number), behind_numbers_(behind_numbers) {
    for (std::size_t column = 0; column < headings.size(); ++column)
        head_ += std::string("<th scope=\"col\"") + (is_number(column) ? " class=\"number\">" : ">") +
                 escaped(headings[column]) + "</th>";
}

void table::add_row(const std::vector<std::string>& cells, std::string_view mark) {
    body_ += mark.empty() ? "<tr>" : "<tr class=\"" + std::string(mark) + "\">";
    for (std::size_t column = 0; column < cells.size(); ++column) {
        const auto text = escaped(cells[column]);
        if (column == 0)
            body_ += "<th scope=\"row\">" + text + "</th>";
        else
            body_ += (is_number(column) ? "<td class=\"number\">" : "<td>") + text + "</td>";
    }
    body_ += "</tr>\n";
}

std::string table::text() const {
    // The box can be scrolled by keys, too, for which it has to take the focus.
    return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + caption_ +
           "\"><table>\n<caption>" + caption_ + "</caption>\n<thead><tr>" + head_ +
           "</tr></thead>\n<tbody>\n" + body_ + "</tbody></table></div>\n";
}

} // namespace bandwidth::webrtc::bulk::html
