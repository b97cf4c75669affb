#pragma once

#include <boost/intrusive/unordered_set.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pool/call.hpp"

namespace bandwidth::webrtc::detail {

/// The calls that may be cancelled, by their number. A cancellation names a number and not a call, since it
/// may come when the call is done and its memory serves another one. The calls are linked through themselves,
/// so that one with a cancellation slot allocates nothing in the steady state.
class cancellation_index {
public:
    void add(call& value) {
        if (calls_.size() >= buckets_.size()) {
            std::vector<bucket> larger(buckets_.size() * 2);
            calls_.rehash(set::bucket_traits(larger.data(), larger.size()));
            buckets_.swap(larger);
        }
        calls_.insert(value);
    }
    void remove(call& value) noexcept {
        if (value.unordered_set_base_hook::is_linked()) {
            calls_.erase(calls_.iterator_to(value));
        }
    }
    /// Null where there is none with that number.
    call* find(std::uint64_t id) {
        const auto found = calls_.find(id);
        return found == calls_.end() ? nullptr : &*found;
    }

private:
    struct id_of {
        using type = std::uint64_t;
        type operator()(const call& value) const noexcept { return value.cancel_id; }
    };
    // The numbers are given out one after the other.
    struct hash {
        std::size_t operator()(std::uint64_t id) const noexcept { return static_cast<std::size_t>(id); }
    };
    using unordered_set_base_hook = boost::intrusive::unordered_set_base_hook<>;
    using set = boost::intrusive::unordered_set<call, boost::intrusive::key_of_value<id_of>,
                                                boost::intrusive::hash<hash>,
                                                boost::intrusive::power_2_buckets<true>>;
    using bucket = set::bucket_type;

    std::vector<bucket> buckets_ = std::vector<bucket>(64);
    set calls_{set::bucket_traits(buckets_.data(), buckets_.size())};
};

} // namespace bandwidth::webrtc::detail
