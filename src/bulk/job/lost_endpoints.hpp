#pragma once

#include "bulk/job/shard.hpp"

#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bandwidth::webrtc::bulk {

/// Whether a run has created a thing with this tag, and as one of these.
/// \param items  those of the whole run that are meant
/// \param nonce  see `tag_prefix`
bool is_tag_of(std::string_view tag, share items, std::uint64_t nonce);

/// What was found of a run's endpoints, and deleted.
struct lost_endpoints {
    std::size_t deleted = 0;
    std::optional<failure> error; ///< the first; then some may be left
};

/// Finds the endpoints that the service has made for a run and of which its journal does not know, since the run was
/// cut off before it could write down the response: the account's list tells their tags. Deletes all of this run's
/// that are still listed, so that it is for a time when the run needs none any more.
/// \param client     outlives this
/// \param endpoints  those of the whole run that are looked for
/// \param nonce      see `tag_prefix`
boost::asio::awaitable<lost_endpoints> delete_lost_endpoints(brtc::client& client, share endpoints,
                                                             std::uint64_t nonce);

} // namespace bandwidth::webrtc::bulk
