#pragma once

#include <cstddef>

namespace test {

/// What this thread has allocated while it was told to count: by `operator new`, and by the `aligned_alloc`
/// from which Asio takes the memory of its operations.
struct allocation_count {
    bool counting = false;
    std::size_t news = 0;
    std::size_t asio = 0;
};

inline thread_local allocation_count allocations;

} // namespace test
