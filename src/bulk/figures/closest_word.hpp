#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// The candidate that a misspelt word most likely stands for: "--sesions" gives "--sessions". Counted is how
/// many characters have to be added, removed, replaced, or exchanged with their neighbour; at most a third of
/// the word's length is taken for a misspelling, but at least one, at most three, and never the whole word.
/// Dashes in front do not count.
/// \returns the first of the closest candidates, as it is given; nothing where none is close enough.
std::optional<std::string> closest_word(std::string_view word, std::span<const std::string> candidates);

} // namespace bandwidth::webrtc::bulk
