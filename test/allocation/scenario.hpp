#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <functional>

#include "support/allocation_failure.hpp"

namespace test {

/// Blocks that scenarios have allocated and not freed; but for OpenSSL's.
long watched_blocks_alive() noexcept;
/// Whether OpenSSL's allocations are among those that fail.
bool openssl_is_replaced() noexcept;

/// Runs `scenario` without a failure, and then with the first, the second, ... allocation failing, until a
/// run ends before the one that had to fail. The scenario gets k and arms by itself; whatever
/// it allocates must be gone when it returns. With a `stride`, only each so-manieth. Returns how many
/// allocations have failed.
inline std::size_t for_each_allocation(const std::function<void(std::size_t)>& scenario,
                                       std::size_t stride = 1) {
    auto& here = support::failing_allocations;
    const auto run = [&](std::size_t k) {
        const auto before = watched_blocks_alive();
        here.count = 0;
        here.watching = true;
        scenario(k);
        here.watching = false;
        return watched_blocks_alive() - before;
    };
    // What is made once for the process.
    for (int i = 0; i < 3; ++i)
        run(0);
    REQUIRE(run(0) == 0);
    std::size_t k = 1;
    for (;; k += stride) {
        const auto left = run(k);
        CHECK_MESSAGE(left == 0, "blocks leaked when allocation " << k << " failed: " << left);
        if (here.count < k)
            break;
        if (k > 100'000)
            FAIL("it does not end");
    }
    return k - 1;
}

} // namespace test
