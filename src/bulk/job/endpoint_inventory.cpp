#include "bulk/job/endpoint_inventory.hpp"

#include "bulk/job/inventory.hpp"

#include <algorithm>

namespace bandwidth::webrtc::bulk {

endpoint_inventory::endpoint_inventory(share endpoints, std::uint64_t nonce)
    : entries_(endpoints.count), first_(endpoints.first), tag_prefix_(tag_prefix(nonce)) {}

std::size_t endpoint_inventory::count() const noexcept {
    return static_cast<std::size_t>(std::count_if(
        entries_.begin(), entries_.end(),
        [](const entry& one) { return one.state == presence::exists || one.state == presence::unsure; }));
}

} // namespace bandwidth::webrtc::bulk
