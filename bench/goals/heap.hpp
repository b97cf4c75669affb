#pragma once

#include <cstdint>

namespace bandwidth::webrtc::bench {

/// What a thread has allocated and freed. A program that links heap.cpp has malloc and its kin replaced by
/// ones that count, operator new included, and OpenSSL's allocator too.
struct heap_figures {
    std::int64_t allocations = 0;         ///< since the thread began
    std::int64_t bytes = 0;               ///< held now, with what malloc adds to each block
    std::int64_t openssl_allocations = 0; ///< of those above, OpenSSL's
    std::int64_t openssl_bytes = 0;

    friend heap_figures operator-(const heap_figures& left, const heap_figures& right) noexcept {
        return {left.allocations - right.allocations, left.bytes - right.bytes,
                left.openssl_allocations - right.openssl_allocations,
                left.openssl_bytes - right.openssl_bytes};
    }
};

/// Of the calling thread alone, so that a server on another thread is not counted.
heap_figures heap_of_this_thread() noexcept;

} // namespace bandwidth::webrtc::bench
