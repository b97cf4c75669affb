#pragma once

#include <cstddef>

namespace support {

/// Whose allocation it is.
enum class allocator : unsigned { cpp = 1, openssl = 2, asio = 4, all = 7 };

/// Which allocations fail, for the thread that it is about. `test/allocation/allocation_failure.cpp` replaces
/// the allocators of its program with some that look here; in other programs nothing does.
struct allocation_failure {
    bool armed = false;
    int pauses = 0;              ///< not 0: it is the test that allocates
    std::size_t count = 0;       ///< made while it was armed
    std::size_t fails_at = 0;    ///< of these, the one that fails; 0: none
    std::size_t fails_until = 0; ///< ... and all that follow, to this one
    bool watching = false;       ///< blocks made now belong to the scenario, which must free them

    allocator which = allocator::all; ///< that count and fail

    /// Counts an allocation; true when it has to fail.
    bool next(allocator of) noexcept {
        if (!armed || pauses != 0 || (static_cast<unsigned>(which) & static_cast<unsigned>(of)) == 0)
            return false;
        ++count;
        return count >= fails_at && count <= fails_until;
    }
};

inline thread_local allocation_failure failing_allocations;

/// Within its scope allocations are the test's own, and succeed.
class own_allocations {
public:
    own_allocations() noexcept { ++failing_allocations.pauses; }
    ~own_allocations() { --failing_allocations.pauses; }
    own_allocations(const own_allocations&) = delete;
    own_allocations& operator=(const own_allocations&) = delete;
};

} // namespace support
