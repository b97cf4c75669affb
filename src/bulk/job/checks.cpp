#include "bulk/job/checks.hpp"

#include <algorithm>

namespace bandwidth::webrtc::bulk {

namespace {

// The ids only: what the service adds to a subscription, such as the names of streams, is its own affair.
std::vector<std::string_view> subscribed_ids(const subscriptions& value) {
    std::vector<std::string_view> ids;
    for (const auto& one : value.participants())
        ids.push_back(one.participant_id().value());
    std::sort(ids.begin(), ids.end());
    return ids;
}

} // namespace

std::string wrong(std::string_view what, std::string_view got, std::string_view wanted) {
    return std::string(what) + " '" + std::string(got) + "' where '" + std::string(wanted) + "' was due";
}

std::string check_tag(const std::optional<std::string>& got, std::string_view wanted) {
    if (got == wanted)
        return {};
    return got ? wrong("tag", *got, wanted) : "no tag where '" + std::string(wanted) + "' was due";
}

std::string check_session(const session& response, const session_id& id, std::string_view tag) {
    if (!id.empty() && response.id() != id)
        return wrong("session", response.id().value(), id.value());
    return check_tag(response.tag(), tag);
}

std::string check_participant(const participant& response, const participant_id& id, std::string_view tag) {
    if (!id.empty() && response.id() != id)
        return wrong("participant", response.id().value(), id.value());
    return check_tag(response.tag(), tag);
}

std::string check_list(const std::vector<participant>& response, const inventory& created,
                       std::size_t session) {
    std::size_t joined = 0;
    std::size_t joined_and_listed = 0;
    std::size_t known_and_listed = 0;
    for (std::size_t number = 0; number < created.participants_each(); ++number) {
        const auto& entry = created.participant(session, number);
        if (entry.id.empty())
            continue;
        joined += entry.joined ? 1 : 0;
        const auto found = std::find_if(response.begin(), response.end(),
                                        [&](const participant& listed) { return listed.id() == entry.id; });
        if (found == response.end())
            continue;
        ++known_and_listed;
        joined_and_listed += entry.joined ? 1 : 0;
        if (auto problem = check_tag(found->tag(), created.participant_tag(session, number));
            !problem.empty())
            return problem;
    }
    if (joined_and_listed != joined)
        return std::to_string(joined - joined_and_listed) + " participants of the session are not listed";
    if (known_and_listed != response.size())
        return std::to_string(response.size() - known_and_listed) +
               " are listed that are not of the session, or twice";
    return {};
}

std::string check_subscriptions(const subscriptions& response, const subscriptions& sent) {
    if (response.scope() != sent.scope())
        return "subscriptions of another scope than was set";
    if (response.session_id() != sent.session_id())
        return wrong("subscriptions of session", response.session_id() ? response.session_id()->value() : "",
                     sent.session_id() ? sent.session_id()->value() : "");
    if (subscribed_ids(response) != subscribed_ids(sent))
        return "subscriptions to other participants than were set";
    return {};
}

} // namespace bandwidth::webrtc::bulk
