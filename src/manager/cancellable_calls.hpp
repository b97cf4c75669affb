#pragma once

#include <boost/intrusive/unordered_set.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pool/call.hpp"

namespace bandwidth::webrtc::detail {

/// The calls in progress that a signal may cancel, by the number that names each. A number is used once, so
/// a signal that comes late finds nothing, though its call's memory may be another call's by then. The
/// calls are linked through themselves; only the table grows, and it stays as large as it ever was.
class cancellable_calls {
public:
    void insert(call& value) {
        if (calls_.size() == buckets_.size()) {
            std::vector<bucket> more(buckets_.size() * 2);
            calls_.rehash(set::bucket_traits(more.data(), more.size()));
            buckets_.swap(more);
        }
        calls_.insert(value);
    }
    void erase(call& value) noexcept { calls_.erase(calls_.iterator_to(value)); }
    /// Null when it is done.
    call* find(std::uint64_t id) noexcept {
        const auto found = calls_.find(id);
        return found == calls_.end() ? nullptr : &*found;
    }
    void clear() noexcept { calls_.clear(); }

private:
    struct key_of_call {
        using type = std::uint64_t;
        const type& operator()(const call& value) const noexcept { return value.cancel_id; }
    };
    struct number_itself {
        std::size_t operator()(std::uint64_t id) const noexcept { return static_cast<std::size_t>(id); }
    };
    using set = boost::intrusive::unordered_set<
        call, boost::intrusive::member_hook<call, decltype(call::by_cancel_id), &call::by_cancel_id>,
        boost::intrusive::key_of_value<key_of_call>, boost::intrusive::hash<number_itself>,
        boost::intrusive::power_2_buckets<true>>;
    using bucket = set::bucket_type;

    std::vector<bucket> buckets_ = std::vector<bucket>(16);
    set calls_{set::bucket_traits(buckets_.data(), buckets_.size())};
};

} // namespace bandwidth::webrtc::detail
