#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <bandwidth/webrtc/testing/fault.hpp>

namespace bandwidth::webrtc::testing::detail {

/// What is not for the callers to see of a fault.
struct fault_access {
    static const fault_rule& rule(const fault& of) noexcept { return of.rule_; }
};

/// The faults that were injected and how much of each is left. Thread-safe.
class fault_plan {
public:
    void add(const fault& added);
    void clear();
    std::size_t left() const;

    /// Counts the request; returns the fault that it meets, or nothing.
    std::shared_ptr<const fault_rule> match(std::string_view method, std::string_view target);

private:
    struct entry {
        std::shared_ptr<const fault_rule> rule;
        std::size_t skip = 0;
        std::size_t repeat = 0;
    };

    mutable std::mutex mutex_;
    std::vector<entry> entries_;
    std::atomic<bool> empty_{true}; // spares every request the lock while there is no fault
};

} // namespace bandwidth::webrtc::testing::detail
