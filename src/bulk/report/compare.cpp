#include "bulk/report/compare.hpp"

#include "bulk/figures/units.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace {

// 99 % of a normal distribution are within so many deviations, which leaves this probability on either side.
constexpr double normal_quantile = 2.5758293035489;
constexpr double outside = 0.005;
constexpr std::uint64_t fewest_seconds = 5;

// Of Student's distribution, by the first terms of its expansion for many degrees of freedom; for four it is
// 1 % too small.
double student_quantile(double freedom) {
    const double z = normal_quantile;
    const double z3 = z * z * z;
    const double z5 = z3 * z * z;
    const double z7 = z5 * z * z;
    return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom * freedom * freedom);
}

estimate percentile_of(const histogram& of, double share) {
    estimate made;
    made.value = static_cast<double>(of.percentile(share).count());
    if (const auto interval = percentile_interval(of.count(), share)) {
        made.has_interval = true;
        made.low = static_cast<double>(of.percentile(interval->first).count());
        made.high = static_cast<double>(of.percentile(interval->second).count());
    }
    return made;
}

// Wilson's interval, in percent.
estimate error_share_of(const operation_record& record) {
    estimate made;
    const auto count = static_cast<double>(record.calls());
    if (count == 0)
        return made;
    const auto share = static_cast<double>(record.failed) / count;
    const double z2 = normal_quantile * normal_quantile;
    const auto middle = (share + z2 / (2 * count)) / (1 + z2 / count);
    const auto half = normal_quantile / (1 + z2 / count) *
                      std::sqrt(share * (1 - share) / count + z2 / (4 * count * count));
    made.value = 100 * share;
    made.has_interval = true;
    made.low = 100 * std::max(0.0, middle - half);
    made.high = 100 * std::min(1.0, middle + half);
    return made;
}

// The seconds that were in the run as a whole, from the first of each pair up to the second.
std::vector<std::pair<std::int64_t, std::int64_t>> full_seconds(const report& of) {
    std::vector<std::pair<std::int64_t, std::int64_t>> found;
    for (const auto& part : of.parts) { // in the order of time
        const auto first = std::chrono::ceil<std::chrono::seconds>(part.started).count();
        const auto end = std::chrono::floor<std::chrono::seconds>(part.started + part.time).count();
        const auto since = found.empty() ? first : std::max(first, found.back().second);
        if (since < end)
            found.emplace_back(since, end);
    }
    return found;
}

estimate rate_of_all(const report& of) {
    const auto full = full_seconds(of);
    double count = 0;
    double sum = 0;
    double squares = 0;
    for (const auto& [first, end] : full) {
        count += static_cast<double>(end - first);
        const auto& records = of.series.records();
        const auto last = records.lower_bound(time_series::seconds(end));
        for (auto one = records.lower_bound(time_series::seconds(first)); one != last; ++one) {
            const auto succeeded = static_cast<double>(one->second.succeeded());
            sum += succeeded;
            squares += succeeded * succeeded;
        }
    }
    estimate made;
    made.value = of.totals().requests_per_second();
    if (count < fewest_seconds)
        return made;
    const auto mean = sum / count;
    const auto variance = std::max(0.0, squares - sum * mean) / (count - 1);
    const auto half = student_quantile(count - 1) * std::sqrt(variance / count);
    made.value = mean;
    made.has_interval = true;
    made.low = std::max(0.0, mean - half);
    made.high = mean + half;
    return made;
}

const operation_figures* find(const report& in, const std::string& operation) {
    for (const auto& one : in.operations)
        if (one.operation == operation)
            return &one;
    return nullptr;
}

using measurement = std::function<estimate(const report&)>;

// Of several runs the value in the middle, and an interval over those of all.
estimate together(std::span<const report> runs, const measurement& measure) {
    std::vector<double> values;
    estimate all;
    for (const auto& run : runs) {
        const auto one = measure(run);
        const bool is_first = values.empty();
        values.push_back(one.value);
        all.has_interval = one.has_interval && (is_first || all.has_interval);
        all.low = is_first ? one.low : std::min(all.low, one.low);
        all.high = is_first ? one.high : std::max(all.high, one.high);
    }
    std::sort(values.begin(), values.end());
    const auto half = values.size() / 2;
    all.value = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    return all;
}

change verdict_of(const comparison_row& row, double tolerance) {
    if (!row.base.has_interval || !row.now.has_interval)
        return change::unknown;
    if (std::abs(row.now.value - row.base.value) <= row.base.value * tolerance / 100)
        return change::same;
    const bool is_more = row.now.low > row.base.high;
    const bool is_less = row.now.high < row.base.low;
    if (!is_more && !is_less)
        return change::same;
    return is_more == (row.metric == "rate") ? change::better : change::worse;
}

void add_row(comparison& to, std::span<const report> base, std::span<const report> now,
             const std::string& operation, const char* metric, const measurement& measure) {
    comparison_row row;
    row.operation = operation;
    row.metric = metric;
    row.base = together(base, measure);
    row.now = together(now, measure);
    const bool has_range = row.base.has_interval && row.now.has_interval;
    if (row.metric == "error_share") {
        row.difference = row.now.value - row.base.value;
        if (has_range)
            row.range = std::pair(row.now.low - row.base.high, row.now.high - row.base.low);
    } else if (row.base.value > 0) {
        row.difference = 100 * (row.now.value / row.base.value - 1);
        if (has_range && row.base.low > 0)
            row.range =
                std::pair(100 * (row.now.low / row.base.high - 1), 100 * (row.now.high / row.base.low - 1));
    }
    row.verdict = verdict_of(row, to.tolerance);
    to.rows.push_back(std::move(row));
}

void add_operation(comparison& to, std::span<const report> base, std::span<const report> now,
                   const std::string& operation) {
    add_row(to, base, now, operation, "rate", [&](const report& run) {
        estimate made;
        made.value = find(run, operation)->requests_per_second();
        return made;
    });
    constexpr std::array<std::pair<const char*, double>, 3> percentiles = {
        {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}};
    for (const auto& [name, share] : percentiles)
        add_row(
            to, base, now, operation, name,
            [&operation, share = share](const report& run) {
                return percentile_of(find(run, operation)->record.latency, share);
            });
    add_row(to, base, now, operation, "error_share",
            [&](const report& run) { return error_share_of(find(run, operation)->record); });
}

std::vector<const report*> all_of(std::span<const report> base, std::span<const report> now) {
    std::vector<const report*> all;
    for (const auto side : {base, now})
        for (const auto& one : side)
            all.push_back(&one);
    return all;
}

// What every report has, in the order of the first, and a warning for what only some have.
std::vector<std::string> common_operations(const std::vector<const report*>& all,
                                           std::vector<std::string>& warnings) {
    std::vector<std::string> common;
    std::set<std::string> seen;
    for (const auto* from : all)
        for (const auto& one : from->operations) {
            if (!seen.insert(one.operation).second)
                continue;
            if (std::all_of(all.begin(), all.end(),
                            [&](const auto* run) { return find(*run, one.operation); }))
                common.push_back(one.operation);
            else
                warnings.push_back(printable(one.operation) + " is not in every report: not compared");
        }
    return common;
}

// Settings that are not the same everywhere, with their values in the order in which they are found.
void add_differing_settings(const std::vector<const report*>& all, std::vector<std::string>& warnings) {
    std::map<std::string, std::vector<std::string>> values;
    std::set<std::string> names;
    for (const auto* run : all)
        for (const auto& part : run->parts)
            for (const auto& one : part.settings)
                names.insert(std::string(one.key()));
    const auto add_value = [&](const std::string& name, const std::string& value) {
        auto& known = values[name];
        if (std::find(known.begin(), known.end(), value) == known.end())
            known.push_back(value);
    };
    for (const auto* run : all)
        for (const auto& part : run->parts) {
            add_value("service", part.service);
            for (const auto& name : names) {
                const auto* const found = part.settings.if_contains(name);
                add_value(name, found == nullptr ? "nothing" : boost::json::serialize(*found));
            }
        }
    for (const auto& [name, different] : values) {
        if (different.size() < 2)
            continue;
        std::string text = name + ": ";
        for (std::size_t i = 0; i < different.size(); ++i)
            text += (i == 0 ? "" : ", ") + different[i];
        warnings.push_back(printable(text));
    }
}

} // namespace

std::optional<std::pair<double, double>> percentile_interval(std::uint64_t count, double share) {
    // More values than that tell no more: the interval is then a little wider than it had to be.
    constexpr std::uint64_t most = 100'000'000;
    const auto n = static_cast<double>(std::min(count, most));
    if (n == 0)
        return std::nullopt;
    // The probabilities of the binomial distribution, relative to the one in its middle, as far as they
    // matter.
    const auto mode = std::min(n, std::floor((n + 1) * share));
    std::vector<double> below; // from the middle down
    for (double k = mode, weight = 1; k > 0 && weight > 1e-20; --k)
        below.push_back(weight *= k / (n - k + 1) * (1 - share) / share);
    std::vector<double> probabilities(below.rbegin(), below.rend());
    const auto first = mode - static_cast<double>(below.size());
    double weight = 1;
    for (double k = mode; k <= n && weight > 1e-20; ++k) {
        probabilities.push_back(weight);
        weight *= (n - k) / (k + 1) * share / (1 - share);
    }
    double sum = 0;
    for (const auto one : probabilities)
        sum += one;
    // A rank's value is over the percentile only if fewer values than the rank are up to the percentile.
    double low = 0;
    double seen = 0;
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
        seen += probabilities[i] / sum;
        if (seen > outside)
            break;
        low = first + static_cast<double>(i) + 1;
    }
    double high = n + 1;
    seen = 0;
    for (std::size_t i = probabilities.size(); i > 0; --i) {
        seen += probabilities[i - 1] / sum;
        if (seen > outside)
            break;
        high = first + static_cast<double>(i - 1);
    }
    if (low < 1 || high > n)
        return std::nullopt;
    return std::pair(low / n, high / n);
}

bool comparison::any_worse() const noexcept {
    return std::any_of(
        rows.begin(), rows.end(), [](const auto& row) { return row.verdict == change::worse; });
}

comparison compare(std::span<const report> base, std::span<const report> now, double tolerance) {
    comparison made;
    made.tolerance = tolerance;
    made.base_count = base.size();
    made.new_count = now.size();
    const auto all = all_of(base, now);
    const auto operations = common_operations(all, made.warnings);
    add_differing_settings(all, made.warnings);
    for (const auto& operation : operations)
        add_operation(made, base, now, operation);
    add_row(made, base, now, "all", "rate", rate_of_all);
    return made;
}

double parse_tolerance(std::string_view text) {
    double value = 0;
    const bool begins = !text.empty() && text.front() >= '0' && text.front() <= '9';
    const char* const end = text.data() + text.size();
    if (begins) {
        const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
        if (error == std::errc() && std::string_view(rest, static_cast<std::size_t>(end - rest)) == "%" &&
            value <= 1'000)
            return value;
    }
    throw std::invalid_argument('\'' + printable(text) + "' is no tolerance, such as 5% or 2.5%");
}

} // namespace bandwidth::webrtc::bulk
