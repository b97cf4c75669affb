#pragma once

#include "bulk/report/report.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The parts of the page that need no script.
namespace bandwidth::webrtc::bulk::html {

/// A report on the page.
struct shown_report {
    std::string_view name; ///< "base" or "new"; empty where it is the only one
    const report* figures;
};

/// One, or the base and the new one.
using shown_reports = std::span<const shown_report>;

/// What is not as it should be, one sentence each, the most important one first; nothing when all is well.
std::vector<std::string> problems_of(const report& report);

/// Whether all is well, and what is not, of each report.
std::string verdict_section(shown_reports reports);
/// The figures that are looked at first.
std::string summary_section(shown_reports reports);
/// What ran when, and against what.
std::string facts_section(shown_reports reports);
/// Empty when there are none.
std::string thresholds_section(shown_reports reports);
std::string operations_section(shown_reports reports);
/// Bars by kind, and a table with what the first one of each said.
std::string errors_section(shown_reports reports);
std::string client_section(shown_reports reports);
std::string settings_section(shown_reports reports);
/// Shards and resumed runs, and what the clean-up did.
std::string parts_section(shown_reports reports);

/// A table of names and one value for each report. Rows whose two values differ are marked as such.
class pairs {
public:
    pairs(std::string_view caption, shown_reports reports);

    /// \param values  one for each report
    /// \param nested  a share of the row above it
    void add(std::string_view name, const std::vector<std::string>& values, bool nested = false);
    bool empty() const noexcept { return rows_.empty(); }
    std::string text() const;

private:
    std::string caption_;
    std::string head_;
    std::string rows_;
};

} // namespace bandwidth::webrtc::bulk::html
