#include "bulk_sessions/checks.hpp"

#include <algorithm>
#include <optional>

namespace bandwidth::webrtc::bench {

namespace {

std::string wrong(std::string_view what, std::string_view got, std::string_view wanted) {
    return std::string(what) + " '" + std::string(got) + "' where '" + std::string(wanted) + "' was due";
}

std::string check_tag(const std::optional<std::string>& got, std::string_view wanted) {
    if (got == wanted)
        return {};
    return got ? wrong("tag", *got, wanted) : "no tag where '" + std::string(wanted) + "' was due";
}

// The ids only: what the service adds to a subscription, such as the names of streams, is its own affair.
std::vector<std::string_view> subscribed_ids(const subscriptions& value) {
    std::vector<std::string_view> ids;
    for (const auto& one : value.participants())
        ids.push_back(one.participant_id().value());
    std::sort(ids.begin(), ids.end());
    return ids;
}

} // namespace

std::string check_session(const session& answer, const session_id& id, std::string_view tag) {
    if (!id.empty() && answer.id() != id)
        return wrong("session", answer.id().value(), id.value());
    return check_tag(answer.tag(), tag);
}

std::string check_participant(const participant& answer, const participant_id& id, std::string_view tag) {
    if (!id.empty() && answer.id() != id)
        return wrong("participant", answer.id().value(), id.value());
    return check_tag(answer.tag(), tag);
}

std::string check_list(const std::vector<participant>& answer, const inventory& created,
                       std::size_t session) {
    std::size_t joined = 0;
    std::size_t joined_and_listed = 0;
    std::size_t known_and_listed = 0;
    for (std::size_t number = 0; number < created.participants_each(); ++number) {
        const auto& entry = created.participant(session, number);
        if (entry.id.empty())
            continue;
        joined += entry.joined ? 1 : 0;
        const auto found = std::find_if(answer.begin(), answer.end(),
                                        [&](const participant& listed) { return listed.id() == entry.id; });
        if (found == answer.end())
            continue;
        ++known_and_listed;
        joined_and_listed += entry.joined ? 1 : 0;
        if (auto problem = check_tag(found->tag(), created.participant_tag(session, number));
            !problem.empty())
            return problem;
    }
    if (joined_and_listed != joined)
        return std::to_string(joined - joined_and_listed) + " participants of the session are not listed";
    if (known_and_listed != answer.size())
        return std::to_string(answer.size() - known_and_listed) +
               " are listed that are not of the session, or twice";
    return {};
}

std::string check_subscriptions(const subscriptions& answer, const subscriptions& sent) {
    if (answer.scope() != sent.scope())
        return "subscriptions of another scope than was set";
    if (answer.session_id() != sent.session_id())
        return wrong("subscriptions of session", answer.session_id() ? answer.session_id()->value() : "",
                     sent.session_id() ? sent.session_id()->value() : "");
    if (subscribed_ids(answer) != subscribed_ids(sent))
        return "subscriptions to other participants than were set";
    return {};
}

} // namespace bandwidth::webrtc::bench
