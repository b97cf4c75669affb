// The allocators of this program, which count.

#include <cstdlib>
#include <new>

#include "steady_state/allocation_count.hpp"

void* operator new(std::size_t size) {
    test::allocations.news += test::allocations.counting ? 1U : 0U;
    if (void* const block = std::malloc(size))
        return block;
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    test::allocations.asio += test::allocations.counting ? 1U : 0U;
    void* block = nullptr;
    return posix_memalign(&block, alignment < sizeof(void*) ? sizeof(void*) : alignment, size) == 0 ? block
                                                                                                    : nullptr;
}
