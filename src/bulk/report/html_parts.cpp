#include "bulk/figures/units.hpp"
#include "bulk/report/html_sections.hpp"
#include "bulk/report/html_text.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace bandwidth::webrtc::bulk::html {

namespace {

constexpr std::size_t most_parts_unfolded = 12;

std::string setting_text(std::string_view name, const boost::json::value& value) {
    if (value.is_null())
        return "\u2013";
    if (const auto* const text = value.if_string())
        return {text->data(), text->size()};
    if (const auto* const yes = value.if_bool())
        return *yes ? "yes" : "no";
    boost::json::error_code error;
    const auto count = value.to_number<std::int64_t>(error);
    if (!error && count >= 0) {
        if (name.ends_with("_ns"))
            return duration_text(std::chrono::nanoseconds(count));
        return format_count(static_cast<std::uint64_t>(count));
    }
    return boost::json::serialize(value);
}

// One value, or all that the parts have.
std::string setting_of(const report& figures, std::string_view name) {
    std::vector<std::string> texts;
    for (const auto& part : figures.parts) {
        const auto* const value = part.settings.if_contains({name.data(), name.size()});
        auto text = value == nullptr ? std::string("\u2013") : setting_text(name, *value);
        if (std::find(texts.begin(), texts.end(), text) == texts.end())
            texts.push_back(std::move(text));
    }
    std::string all;
    for (const auto& text : texts)
        all += (all.empty() ? "" : " | ") + text;
    return all;
}

std::vector<std::string> setting_names(shown_reports reports) {
    std::vector<std::string> names;
    for (const auto& shown : reports)
        for (const auto& part : shown.figures->parts)
            for (const auto& setting : part.settings)
                if (std::find(names.begin(), names.end(), setting.key()) == names.end())
                    names.emplace_back(setting.key());
    return names;
}

std::string things_text(const clean_up_record& record, std::uint64_t clean_up_record::thing::*count) {
    std::string text;
    for (const auto& one : record.things)
        text += (text.empty() ? "" : ", ") + counted(one.*count, one.noun);
    return text.empty() ? "\u2013" : text;
}

std::string outcome_of(const part_record& part) {
    if (part.signal != 0)
        return "ended early by signal " + std::to_string(part.signal);
    return part.ended_early.empty() ? "complete" : "ended early: " + part.ended_early;
}

std::string parts_table(const shown_report& shown) {
    const auto& parts = shown.figures->parts;
    table rows(shown.name.empty() ? "Reports" : "Reports of " + std::string(shown.name),
               {"Shard", "Run", "Started", "Outcome", "Deleted", "Left", "Time", "Lives", "Exit status"}, 6,
               9);
    for (const auto& part : parts)
        rows.add_row(
            {format_count(part.shard_index) + " of " + format_count(part.shard_count), part.run_id,
             date_text(part.started), outcome_of(part),
             things_text(part.clean_up, &clean_up_record::thing::deleted),
             things_text(part.clean_up, &clean_up_record::thing::left), duration_text(part.time),
             part.lives ? format_count(part.lives->complete) + " of " + format_count(part.lives->planned)
                        : "\u2013",
             std::to_string(part.exit_status)},
            part.exit_status == 0 ? "" : "bad");
    if (parts.size() <= most_parts_unfolded)
        return rows.text();
    return "<details><summary>" + counted(parts.size(), "report") + "</summary>\n" + rows.text() +
           "</details>\n";
}

std::string clean_up_text(const clean_up_record& record) {
    if (record.things.empty() && record.unknown_creations == 0)
        return "nothing to delete";
    auto text = things_text(record, &clean_up_record::thing::deleted) + " deleted in " +
                duration_text(record.time) + "; left behind: " +
                (record.left() == 0 ? "nothing" : things_text(record, &clean_up_record::thing::left));
    if (!record.first_error.empty())
        text += " (" + record.first_error + ")";
    return text;
}

} // namespace

pairs::pairs(std::string_view caption, shown_reports reports) : caption_(escaped(caption)) {
    if (reports.size() == 1)
        return;
    head_ = "<thead><tr><td></td>";
    for (const auto& one : reports)
        head_ += "<th scope=\"col\">" + escaped(one.name) + "</th>";
    head_ += "</tr></thead>\n";
}

void pairs::add(std::string_view name, const std::vector<std::string>& values, bool nested) {
    const bool differs = std::any_of(
        values.begin(), values.end(), [&](const auto& one) { return one != values.front(); });
    const auto is_nothing = [](const std::string& value) {
        return value == "\u2013" || value == "0" || value == "0.00" || value.starts_with("0 ");
    };
    const bool nothing = std::all_of(values.begin(), values.end(), is_nothing);
    rows_ += std::string("<tr class=\"") + (nested ? "nested " : "") + (differs ? "differs " : "") +
             (nothing ? "nothing" : "") + "\"><th scope=\"row\">" + escaped(name) + "</th>";
    for (const auto& value : values)
        rows_ += "<td>" + escaped(value) + "</td>";
    rows_ += "</tr>\n";
}

std::string pairs::text() const {
    return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + caption_ +
           "\"><table class=\"pairs\">\n<caption>" + caption_ + "</caption>\n" + head_ + "<tbody>\n" + rows_ +
           "</tbody></table></div>\n";
}

std::string settings_section(shown_reports reports) {
    pairs settings("Settings", reports);
    for (const auto& name : setting_names(reports)) {
        std::vector<std::string> values;
        for (const auto& shown : reports)
            values.push_back(setting_of(*shown.figures, name));
        settings.add(name.ends_with("_ns") ? std::string_view(name).substr(0, name.size() - 3)
                                           : std::string_view(name),
                     values);
    }
    return "<section id=\"settings\"><h2>Settings</h2>\n" +
           (settings.empty() ? std::string("<p class=\"empty\">None are in the report.</p>\n")
                             : settings.text()) +
           "</section>\n";
}

std::string parts_section(shown_reports reports) {
    std::string text = "<section id=\"parts\"><h2>Reports and clean-up</h2>\n";
    for (const auto& shown : reports)
        text += parts_table(shown);
    for (const auto& shown : reports)
        text += "<p class=\"small\">Clean-up" + (shown.name.empty() ? "" : " of " + std::string(shown.name)) +
                ": " + escaped(clean_up_text(shown.figures->clean_up())) + ".</p>\n";
    return text + "</section>\n";
}

} // namespace bandwidth::webrtc::bulk::html
