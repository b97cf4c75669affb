#include "bulk/figures/closest_word.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bandwidth::webrtc::bulk {

namespace {

std::string_view without_dashes(std::string_view word) {
    return word.substr(std::min(word.find_first_not_of('-'), word.size()));
}

// The distance by Damerau and Levenshtein, where no piece is changed twice (optimal string alignment).
std::size_t edit_distance(std::string_view from, std::string_view to) {
    // Three rows of the usual matrix: two rows ago (for an exchange of neighbours), the last one, this one.
    std::vector<std::size_t> before(to.size() + 1);
    std::vector<std::size_t> last(to.size() + 1);
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        before.swap(last);
        last.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const bool same = from[i - 1] == to[j - 1];
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[to.size()];
}

} // namespace

std::optional<std::string> closest_word(std::string_view word, std::span<const std::string> candidates) {
    const auto meant = without_dashes(word);
    if (meant.empty())
        return std::nullopt;
    const auto most = std::min(std::clamp<std::size_t>(meant.size() / 3, 1, 3), meant.size() - 1);
    std::optional<std::string> closest;
    std::size_t least = most + 1;
    for (const auto& candidate : candidates) {
        const auto distance = edit_distance(meant, without_dashes(candidate));
        if (distance < least) {
            least = distance;
            closest = candidate;
        }
    }
    return closest;
}

} // namespace bandwidth::webrtc::bulk
