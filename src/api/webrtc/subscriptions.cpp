#include <algorithm>
#include <bandwidth/webrtc/subscriptions.hpp>

namespace bandwidth::webrtc {

participant_subscription& participant_subscription::stream_alias(std::string alias) {
    // OpenAPI demands unique items.
    if (std::find(stream_aliases_.begin(), stream_aliases_.end(), alias) == stream_aliases_.end())
        stream_aliases_.push_back(std::move(alias));
    return *this;
}

subscriptions subscriptions::all_in(webrtc::session_id id) {
    subscriptions everybody;
    everybody.session_id_.emplace(std::move(id));
    everybody.everybody_ = true;
    return everybody;
}

subscriptions subscriptions::only(webrtc::session_id id) {
    subscriptions listed;
    listed.session_id_.emplace(std::move(id));
    return listed;
}

subscriptions subscriptions::none() { return {}; }

subscriptions& subscriptions::add(participant_subscription subscription) {
    everybody_ = false;
    participants_.push_back(std::move(subscription));
    return *this;
}

subscriptions& subscriptions::add(webrtc::participant_id id) {
    return add(participant_subscription(std::move(id)));
}

subscription_scope subscriptions::scope() const noexcept {
    if (!participants_.empty())
        return subscription_scope::only_listed;
    return everybody_ ? subscription_scope::all_in_session : subscription_scope::none;
}

} // namespace bandwidth::webrtc
