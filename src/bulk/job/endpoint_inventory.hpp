#pragma once

#include "bulk/job/shard.hpp"

#include <bandwidth/webrtc/ids.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// What is known of an endpoint.
///
/// | presence | a list has to have it | left by                                         |
/// |----------|-----------------------|-------------------------------------------------|
/// | none     | it has no id          | its creation: exists                            |
/// | exists   | yes                   | a delete: deleted if that succeeds, else unsure |
/// | unsure   | it may                | a delete that succeeds: deleted                 |
/// | deleted  | no                    |                                                 |
enum class presence : unsigned char { none, exists, unsure, deleted };

/// The endpoints that a run has created, by number from 0.
class endpoint_inventory {
public:
    struct entry {
        endpoint_id id; ///< kept when it was deleted; empty: it was never created, or nobody knows its id
        presence state = presence::none;
    };

    /// Room for so many, none of which exists.
    /// \param endpoints  those of the whole run that are these: their tags have the run's numbers
    /// \param nonce  see `tag_prefix`
    endpoint_inventory(share endpoints, std::uint64_t nonce);

    std::size_t size() const noexcept { return entries_.size(); }
    entry& operator[](std::size_t number) noexcept { return entries_[number]; }
    const entry& operator[](std::size_t number) const noexcept { return entries_[number]; }

    /// The tag that it is created with: distinct, and so the proof that a response is the right one.
    std::string tag(std::size_t number) const { return tag_prefix_ + std::to_string(first_ + number); }

    /// How many were created and not surely deleted.
    std::size_t count() const noexcept;

private:
    std::vector<entry> entries_;
    std::size_t first_;
    std::string tag_prefix_;
};

} // namespace bandwidth::webrtc::bulk
