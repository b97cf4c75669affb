#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::bulk::html {

/// As text or as an attribute's value in double quotes. Control characters become '?'.
std::string escaped(std::string_view text);

/// As `format_duration`, with the sign for micro; "0 s" for nothing.
std::string duration_text(std::chrono::nanoseconds value);
/// "12,345" or "1.25", without a unit.
std::string rate_text(double rate);
/// "3.50"; "0.00" when `whole` is 0.
std::string ratio_text(std::uint64_t part, std::uint64_t whole);
/// "0.12 %"; "0 %" when there is nothing of it, and never that when there is something.
std::string share_text(std::uint64_t part, std::uint64_t whole);
/// "+12.3 %", or a dash when one of the two is 0.
std::string change_text(double base, double changed);
/// "2026-11-28 12:23:36 UTC".
/// \param since_1970  as the system's clock counts; a dash for 0
std::string date_text(std::chrono::nanoseconds since_1970);
/// "1 call", "2,000 calls".
std::string counted(std::uint64_t count, std::string_view noun);

/// A table in a box of its own, which scrolls sideways when it is too wide for the page. Cells are plain text.
class table {
public:
    /// \param headings       of all columns; the first one's cells are the headings of the rows
    /// \param first_number   the number of the first column, from 0 on, of those that hold numbers
    /// \param behind_numbers  that of the first one behind them, which holds text again
    table(std::string_view caption, const std::vector<std::string>& headings, std::size_t first_number,
          std::size_t behind_numbers = std::string::npos);

    /// \param cells  as many as there are headings
    /// \param mark   a class of the style sheet for the row, or nothing
    void add_row(const std::vector<std::string>& cells, std::string_view mark = {});

    std::string text() const;

private:
    bool is_number(std::size_t column) const noexcept {
        return column >= first_number_ && column < behind_numbers_;
    }

    std::string caption_;
    std::size_t first_number_;
    std::size_t behind_numbers_;
    std::string head_;
    std::string body_;
};

} // namespace bandwidth::webrtc::bulk::html
