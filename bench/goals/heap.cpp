#include "goals/heap.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

// glibc's own allocator, by the names that it keeps for programs that replace malloc.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);
}

namespace bandwidth::webrtc::bench {

namespace {

constinit thread_local heap_figures here;

std::int64_t size_of(void* block) noexcept {
    return block ? static_cast<std::int64_t>(malloc_usable_size(block) + sizeof(std::size_t)) : 0;
}

void* note_new(void* block) noexcept {
    here.allocations += block ? 1 : 0;
    here.bytes += size_of(block);
    return block;
}

void* reallocate(void* block, std::size_t size) noexcept {
    const auto before = size_of(block);
    void* const now = __libc_realloc(block, size);
    if (now || size == 0)
        here.bytes -= before;
    return note_new(now);
}

void* openssl_allocate(std::size_t size, const char*, int) {
    void* const block = size == 0 ? nullptr : std::malloc(size);
    here.openssl_allocations += block ? 1 : 0;
    here.openssl_bytes += size_of(block);
    return block;
}
void openssl_release(void* block, const char*, int) {
    here.openssl_bytes -= size_of(block);
    std::free(block);
}
void* openssl_reallocate(void* block, std::size_t size, const char* file, int line) {
    if (!block)
        return openssl_allocate(size, file, line);
    if (size == 0) {
        openssl_release(block, file, line);
        return nullptr;
    }
    const auto before = size_of(block);
    void* const now = std::realloc(block, size);
    if (now) {
        ++here.openssl_allocations;
        here.openssl_bytes += size_of(now) - before;
    }
    return now;
}

// Before OpenSSL has allocated anything: it refuses afterwards.
const bool replaced = [] {
    if (CRYPTO_set_mem_functions(&openssl_allocate, &openssl_reallocate, &openssl_release) == 1)
        return true;
    std::fputs("heap: OpenSSL's allocator cannot be replaced\n", stderr);
    std::abort();
}();

} // namespace

heap_figures heap_of_this_thread() noexcept { return here; }

} // namespace bandwidth::webrtc::bench

extern "C" {

void* malloc(std::size_t size) { return bandwidth::webrtc::bench::note_new(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) {
    return bandwidth::webrtc::bench::note_new(__libc_calloc(count, size));
}
void* realloc(void* block, std::size_t size) { return bandwidth::webrtc::bench::reallocate(block, size); }
void* memalign(std::size_t alignment, std::size_t size) {
    return bandwidth::webrtc::bench::note_new(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
    *block = memalign(alignment, size);
    return *block ? 0 : ENOMEM;
}
void free(void* block) {
    bandwidth::webrtc::bench::here.bytes -= bandwidth::webrtc::bench::size_of(block);
    __libc_free(block);
}

} // extern "C"
