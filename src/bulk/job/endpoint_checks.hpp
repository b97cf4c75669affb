#pragma once

#include "bulk/job/endpoint_inventory.hpp"

#include <bandwidth/webrtc/brtc/endpoint.hpp>
#include <bandwidth/webrtc/brtc/endpoint_page.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// The service gives no more endpoints at once.
constexpr int largest_endpoint_page = 1000;

/// As `check_session`, of an endpoint.
std::string check_endpoint(const brtc::endpoint& response, const endpoint_id& id, std::string_view tag);

/// Looks at the list of all the account's endpoints, page by page: each endpoint that exists must be listed,
/// none that was deleted, and none twice. Endpoints that are not of the run may be there: the account may
/// have others, and the service may have done a creation whose response was lost.
class endpoint_list_check {
public:
    /// \param created  must outlive this and not change meanwhile
    explicit endpoint_list_check(const endpoint_inventory& created);

    /// What is wrong with the next page, of which all is looked at; empty when nothing is. On the last page this
    /// tells too what is on none.
    std::string add(const brtc::endpoint_page& page);

private:
    std::optional<std::size_t> find(const endpoint_id& id) const;
    std::string check_listed(const brtc::endpoint& listed);
    std::string check_missing() const;

    const endpoint_inventory& created_;
    std::vector<std::size_t> by_id_; // the numbers of those with an id, sorted by that
    std::vector<bool> listed_;       // by number
};

} // namespace bandwidth::webrtc::bulk
