#include "loopback/fault_plan.hpp"

#include <limits>

namespace bandwidth::webrtc::testing::detail {

namespace {

bool matches(const fault_rule& rule, std::string_view method, std::string_view target) {
    return (rule.method.empty() || rule.method == method) &&
           (rule.target_part.empty() || target.find(rule.target_part) != std::string_view::npos);
}

} // namespace

void fault_plan::add(const fault& added) {
    const auto& wanted = fault_access::rule(added);
    if (wanted.repeat == 0)
        return;
    auto rule = std::make_shared<const fault_rule>(wanted);
    const std::lock_guard lock(mutex_);
    const std::size_t skip = rule->skip;
    const std::size_t repeat = rule->repeat;
    entries_.push_back(entry{std::move(rule), skip, repeat});
    empty_.store(false, std::memory_order_release);
}

void fault_plan::clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    empty_.store(true, std::memory_order_release);
}

std::size_t fault_plan::left() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

std::shared_ptr<const fault_rule> fault_plan::match(std::string_view method, std::string_view target) {
    if (empty_.load(std::memory_order_acquire))
        return nullptr;
    const std::lock_guard lock(mutex_);
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
        if (!matches(*at->rule, method, target))
            continue;
        if (at->skip > 0) {
            --at->skip;
            continue;
        }
        auto rule = at->rule;
        if (at->repeat != std::numeric_limits<std::size_t>::max() && --at->repeat == 0) {
            entries_.erase(at);
            empty_.store(entries_.empty(), std::memory_order_release);
        }
        return rule;
    }
    return nullptr;
}

} // namespace bandwidth::webrtc::testing::detail
