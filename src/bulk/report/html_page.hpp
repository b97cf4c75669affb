#pragma once

#include "bulk/report/report.hpp"

#include <string>

namespace bandwidth::webrtc::bulk {

/// The report as one HTML document in UTF-8, which loads nothing: tables that need no script, plots that a
/// script of its own draws, and the report itself as `to_json` has it, in
/// `<script type="application/json" id="report">`, where each `<` stands as \u003c. So a browser can open the
/// file wherever it lies, and a program can read the figures back out of it.
///
/// Whatever a service said is text there and no markup. Thread safety: distinct objects safe.
/// \param report  of one run, or of several that were merged; at least one part
std::string html_page(const report& report);

/// Two reports on one page, drawn over each other and with both figures in each table. They are called "base"
/// and "new" there; `changed` is in the element "report", and `base` in one with the id "base".
std::string html_page(const report& base, const report& changed);

} // namespace bandwidth::webrtc::bulk
