#include "loopback/endpoint_store.hpp"

#include <algorithm>
#include <utility>

namespace bandwidth::webrtc::testing::detail {

bool endpoint_record::connected() const noexcept {
    return std::any_of(
        devices.begin(), devices.end(), [](const auto& device) { return device.connected; });
}

std::string endpoint_store::next_id(char kind) {
    constexpr std::size_t first_part = 9; // eight digits and the hyphen
    return std::string{kind, '-'} + ids_.next().substr(0, first_part) + ids_.next();
}

endpoint_record& endpoint_store::create(endpoint_settings settings, emulated_clock::time_point now,
                                        date today) {
    const auto number = ++created_;
    auto& made = endpoints_.emplace_hint(endpoints_.end(), number, endpoint_record())->second;
    made.number = number;
    made.id = next_id('e');
    made.settings = std::move(settings);
    made.created = today;
    made.end = now + lifetime;
    numbers_.emplace(made.id, number);
    return made;
}

endpoint_record* endpoint_store::find(std::string_view id) {
    const auto found = numbers_.find(id);
    return found == numbers_.end() ? nullptr : &endpoints_.at(found->second);
}

endpoint_record* endpoint_store::oldest() {
    return endpoints_.empty() ? nullptr : &endpoints_.begin()->second;
}

void endpoint_store::erase(const endpoint_record& endpoint) {
    connected_ -= endpoint.connected() ? 1U : 0U;
    numbers_.erase(endpoint.id);
    endpoints_.erase(endpoint.number);
}

const device_record& endpoint_store::connect(endpoint_record& endpoint, std::string name, date today) {
    connected_ += endpoint.connected() ? 0U : 1U;
    endpoint.devices.push_back(device_record{next_id('d'), std::move(name), true, today});
    return endpoint.devices.back();
}

void endpoint_store::disconnect(endpoint_record& endpoint, device_record& device) {
    const bool was_connected = endpoint.connected();
    device.connected = false;
    connected_ -= was_connected && !endpoint.connected() ? 1U : 0U;
}

std::vector<const endpoint_record*> endpoint_store::list(const endpoint_query& query) const {
    std::vector<const endpoint_record*> found;
    for (auto at = endpoints_.upper_bound(query.after); at != endpoints_.end() && found.size() <= query.limit;
         ++at)
        if (!query.connected || *query.connected == at->second.connected())
            found.push_back(&at->second);
    return found;
}

std::size_t endpoint_store::count(std::optional<bool> connected) const noexcept {
    if (!connected)
        return endpoints_.size();
    return *connected ? connected_ : endpoints_.size() - connected_;
}

} // namespace bandwidth::webrtc::testing::detail
