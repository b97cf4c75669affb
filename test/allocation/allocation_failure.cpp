// The allocators of this program: operator new, OpenSSL's, and the aligned_alloc that Asio takes the memory
// of its handlers from. Each asks `support::failing_allocations` whether it has to fail, and marks what a
// scenario allocates, so that a block it does not free is found. OpenSSL's blocks are not marked: it keeps
// some for the thread and for the process, and leaks a few of its own where it runs out of memory (3.0, in
// the middle of making a context or of a handshake).
//
// Each block has a head of 32 bytes: what was asked of malloc, and whether a scenario counts it.

#include <openssl/crypto.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "allocation/scenario.hpp"

namespace {

using support::allocator;
using support::failing_allocations;

struct head {
    void* block;
    std::size_t size;
    bool watched;
};
constexpr std::size_t head_size = 32;
static_assert(sizeof(head) <= head_size);

std::atomic<long> watched_blocks{0};

head& head_of(void* memory) noexcept {
    return *reinterpret_cast<head*>(static_cast<char*>(memory) - head_size);
}

void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t),
               support::allocator of = support::allocator::cpp) noexcept {
    if (failing_allocations.next(of))
        return nullptr;
    const auto before = head_size + (alignment > head_size ? alignment : 0);
    void* const block = std::malloc(size + before);
    if (!block)
        return nullptr;
    auto at = reinterpret_cast<std::uintptr_t>(block) + head_size;
    at = (at + alignment - 1) / alignment * alignment;
    auto* const memory = reinterpret_cast<void*>(at);
    const bool watched =
        failing_allocations.watching && failing_allocations.pauses == 0 && of == allocator::cpp;
    new (&head_of(memory)) head{block, size, watched};
    if (watched)
        watched_blocks.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

void release(void* memory) noexcept {
    if (!memory)
        return;
    const auto known = head_of(memory);
    if (known.watched)
        watched_blocks.fetch_sub(1, std::memory_order_relaxed);
    std::free(known.block);
}

void* or_throw(void* memory) {
    if (!memory)
        throw std::bad_alloc();
    return memory;
}

void* ssl_allocate(std::size_t size, const char*, int) {
    return size == 0 ? nullptr : allocate(size, alignof(std::max_align_t), allocator::openssl);
}
void ssl_release(void* memory, const char*, int) { release(memory); }
void* ssl_reallocate(void* memory, std::size_t size, const char* file, int line) {
    if (!memory)
        return ssl_allocate(size, file, line);
    if (size == 0) {
        release(memory);
        return nullptr;
    }
    void* const larger = ssl_allocate(size, file, line);
    if (larger) {
        const auto old = head_of(memory).size;
        std::memcpy(larger, memory, old < size ? old : size);
        release(memory);
    }
    return larger;
}

// Before OpenSSL has allocated anything: it refuses afterwards.
const bool ssl_replaced = CRYPTO_set_mem_functions(&ssl_allocate, &ssl_reallocate, &ssl_release) == 1;

} // namespace

namespace test {

long watched_blocks_alive() noexcept { return watched_blocks.load(); }
bool openssl_is_replaced() noexcept { return ssl_replaced; }

} // namespace test

void* operator new(std::size_t size) { return or_throw(allocate(size)); }
void* operator new[](std::size_t size) { return or_throw(allocate(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return or_throw(allocate(size, static_cast<std::size_t>(alignment)));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return or_throw(allocate(size, static_cast<std::size_t>(alignment)));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

// Asio's, whose blocks `free` gets back: not watched, since Asio keeps some for each thread.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    if (failing_allocations.next(allocator::asio))
        return nullptr;
    void* memory = nullptr;
    return posix_memalign(&memory, alignment < sizeof(void*) ? sizeof(void*) : alignment, size) == 0
               ? memory
               : nullptr;
}

// For LeakSanitizer: OpenSSL's own leaks, as above.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libcrypto\nleak:libssl\n"; }
