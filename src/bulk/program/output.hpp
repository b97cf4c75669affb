#pragma once

#include "bulk/program/options.hpp"
#include "bulk/report/compare.hpp"
#include "bulk/report/report.hpp"

#include <iosfwd>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// Writes the file, or to `out` where the path is "-".
/// \throws std::runtime_error telling why the file could not be written in full
void write_text(const std::string& path, std::string_view text, std::ostream& out);

/// Evaluates the thresholds that the options have, into the report.
/// \return the exit status: the report's, or 99 where that is 0 and one of them does not hold
int judge(const options& wanted, report& judged);

/// Writes the report in each of the forms that the options ask for.
/// \return whether all was written; what was not is told on `err`
bool write_files(const options& wanted, const report& report, std::ostream& out, std::ostream& err);

/// The same of a comparison: as JSON, and as a page with both.
bool write_comparison(const options& wanted, const comparison& found, const report& base, const report& now,
                      std::ostream& out, std::ostream& err);

/// Tells on `err` when not all that was written to `out` has arrived: a full disk, or a pipe that nobody reads.
/// \return whether it has
bool check_output(std::ostream& out, std::ostream& err);

} // namespace bandwidth::webrtc::bulk
