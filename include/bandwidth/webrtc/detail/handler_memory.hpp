#pragma once

#include <boost/asio/recycling_allocator.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace bandwidth::webrtc::detail {

/// Room inside of a call for what its completion needs, so that a completion allocates nothing: the erased
/// handler, and the operation by which it goes to its executor. Blocks lie one behind the other, and the room
/// is free again when all of them are given back.
class handler_memory {
public:
    handler_memory() = default;
    handler_memory(const handler_memory&) = delete;
    handler_memory& operator=(const handler_memory&) = delete;

    static constexpr std::size_t alignment = alignof(void*);

    /// Null where there is no room.
    void* take(std::size_t bytes) noexcept {
        bytes = (bytes + alignment - 1) / alignment * alignment;
        if (bytes > size - used_)
            return nullptr;
        void* const block = room_ + used_;
        used_ = static_cast<std::uint8_t>(used_ + bytes);
        ++blocks_;
        return block;
    }
    /// False: the block did not come from here.
    bool give_back(void* block) noexcept {
        const auto* const at = static_cast<std::byte*>(block);
        if (!(std::greater_equal<>()(at, room_) && std::less<>()(at, room_ + size)))
            return false;
        if (--blocks_ == 0)
            used_ = 0;
        return true;
    }

private:
    // A coroutine's handler takes 40 bytes here, Asio's operation as many.
    static constexpr std::size_t size = 96;

    alignas(void*) std::byte room_[size];
    std::uint8_t used_ = 0;
    std::uint8_t blocks_ = 0;
};

/// An allocator that takes from a `handler_memory`, and from another allocator where there is no room.
template <class T, class Otherwise = boost::asio::recycling_allocator<void>>
class handler_allocator {
public:
    using value_type = T;
    template <class Other>
    struct rebind {
        using other = handler_allocator<Other, Otherwise>;
    };

    explicit handler_allocator(handler_memory& memory, const Otherwise& otherwise = Otherwise()) noexcept
        : memory_(&memory), otherwise_(otherwise) {}
    template <class Other>
    handler_allocator(const handler_allocator<Other, Otherwise>& other) noexcept
        : memory_(other.memory_), otherwise_(other.otherwise_) {}

    T* allocate(std::size_t count) {
        if constexpr (alignof(T) <= handler_memory::alignment) {
            if (void* const block = memory_->take(count * sizeof(T)))
                return static_cast<T*>(block);
        }
        typename traits::template rebind_alloc<T> allocator(otherwise_);
        return std::allocator_traits<decltype(allocator)>::allocate(allocator, count);
    }
    void deallocate(T* block, std::size_t count) noexcept {
        if (memory_->give_back(block))
            return;
        typename traits::template rebind_alloc<T> allocator(otherwise_);
        std::allocator_traits<decltype(allocator)>::deallocate(allocator, block, count);
    }

    friend bool operator==(const handler_allocator& a, const handler_allocator& b) noexcept {
        return a.memory_ == b.memory_ && a.otherwise_ == b.otherwise_;
    }

private:
    template <class, class>
    friend class handler_allocator;
    using traits = std::allocator_traits<Otherwise>;

    handler_memory* memory_;
    [[no_unique_address]] Otherwise otherwise_;
};

} // namespace bandwidth::webrtc::detail
