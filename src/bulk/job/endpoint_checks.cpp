#include "bulk/job/endpoint_checks.hpp"

#include "bulk/job/checks.hpp"

#include <algorithm>

namespace bandwidth::webrtc::bulk {

std::string check_endpoint(const brtc::endpoint& response, const endpoint_id& id, std::string_view tag) {
    if (!id.empty() && response.id() != id)
        return wrong("endpoint", response.id().value(), id.value());
    return check_tag(response.tag(), tag);
}

endpoint_list_check::endpoint_list_check(const endpoint_inventory& created)
    : created_(created), listed_(created.size()) {
    for (std::size_t number = 0; number < created.size(); ++number)
        if (!created[number].id.empty())
            by_id_.push_back(number);
    std::sort(by_id_.begin(), by_id_.end(),
              [&](std::size_t a, std::size_t b) { return created[a].id < created[b].id; });
}

std::string endpoint_list_check::add(const brtc::endpoint_page& page) {
    std::string first_problem;
    for (const auto& endpoint : page.endpoints()) {
        auto problem = check_listed(endpoint);
        if (first_problem.empty())
            first_problem = std::move(problem);
    }
    if (first_problem.empty() && !page.next_cursor())
        return check_missing();
    return first_problem;
}

std::optional<std::size_t> endpoint_list_check::find(const endpoint_id& id) const {
    const auto found = std::lower_bound(
        by_id_.begin(), by_id_.end(), id,
        [&](std::size_t number, const endpoint_id& wanted) { return created_[number].id < wanted; });
    if (found == by_id_.end() || created_[*found].id != id)
        return std::nullopt;
    return *found;
}

std::string endpoint_list_check::check_listed(const brtc::endpoint& listed) {
    const auto number = find(listed.id());
    if (!number)
        return {};
    if (listed_[*number])
        return "endpoint '" + listed.id().value() + "' is listed twice";
    listed_[*number] = true;
    if (created_[*number].state == presence::deleted)
        return "endpoint '" + listed.id().value() + "' is listed, though it was deleted";
    return check_tag(listed.tag(), created_.tag(*number));
}

std::string endpoint_list_check::check_missing() const {
    std::size_t missing = 0;
    for (std::size_t number = 0; number < created_.size(); ++number)
        if (created_[number].state == presence::exists && !listed_[number])
            ++missing;
    return missing == 0 ? std::string() : std::to_string(missing) + " endpoints that exist are not listed";
}

} // namespace bandwidth::webrtc::bulk
