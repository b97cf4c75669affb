#pragma once

#include <cstdint>
#include <cstdlib>

// Random numbers for tests that can be run again: a seed and a stream number give the same ones everywhere.

namespace support {

/// splitmix64: near seeds give far numbers.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed, std::uint64_t stream = 0)
        : state_(mix(seed) ^ mix(~stream)) {}
    /// 0 to `count` - 1.
    unsigned pick(unsigned count) { return static_cast<unsigned>(next() % count); }
    bool one_in(unsigned count) { return pick(count) == 0; }

private:
    std::uint64_t next() { return mix(state_++); }
    std::uint64_t state_;
};

inline std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace support
