#pragma once

#include <cstddef>
#include <string>

namespace support {

/// Whether the text has the part in it: a message the name of an option, for one.
inline bool names(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// How often the text has the part in it.
inline std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
        ++count;
    return count;
}

inline std::string repeat(const std::string& text, std::size_t count) {
    std::string all;
    all.reserve(text.size() * count);
    for (std::size_t i = 0; i < count; ++i)
        all += text;
    return all;
}

} // namespace support
