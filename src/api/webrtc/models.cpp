#include <algorithm>
#include <bandwidth/webrtc/device_api_version.hpp>
#include <bandwidth/webrtc/subscriptions.hpp>

namespace bandwidth::webrtc {

device_api_version::device_api_version(known_version version) {
    if (version != unknown)
        text_ = version == v2 ? "V2" : "V3";
}

device_api_version::device_api_version(std::string_view text) : text_(text) {
    if (text_ == "v2" || text_ == "v3")
        text_.front() = 'V';
}

device_api_version::known_version device_api_version::value() const noexcept {
    if (text_ == "V3")
        return v3;
    return text_ == "V2" ? v2 : unknown;
}

participant_subscription& participant_subscription::stream_alias(std::string alias) {
    // OpenAPI demands unique items.
    if (std::find(stream_aliases_.begin(), stream_aliases_.end(), alias) == stream_aliases_.end())
        stream_aliases_.push_back(std::move(alias));
    return *this;
}

subscriptions subscriptions::all_in(webrtc::session_id id) {
    auto everybody = only(std::move(id));
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
