#include "transport/name_cache.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>

namespace bandwidth::webrtc::detail {

bool is_absent(const error_code& code) noexcept {
    return code == boost::asio::error::host_not_found || code == boost::asio::error::no_data;
}

bool name_cache::is_young(time_point now) const noexcept {
    return holds_ && now - since_ < (held_.code ? settings_.keep_absent : settings_.keep);
}

const name_answer* name_cache::known(time_point now) const noexcept {
    return is_young(now) && !in_doubt_ ? &held_ : nullptr;
}

bool name_cache::wants_look_up(time_point now) const noexcept {
    if (looking_up_)
        return false;
    const auto* const held = known(now);
    return !held || (!held->code && now - since_ >= settings_.refresh_after);
}

name_answer name_cache::look_up_ended(const error_code& code, const address_list& addresses, time_point now) {
    looking_up_ = false;
    name_answer told;
    told.code = code;
    if (!code && addresses.empty())
        told.code = boost::asio::error::no_data;
    if (!told.code)
        told.addresses = addresses;
    told.version = ++versions_;
    if (!told.code || is_absent(told.code)) {
        held_ = told;
        held_.cached = true;
        since_ = now;
        holds_ = true;
        in_doubt_ = false;
    } else if (in_doubt_ && is_young(now)) {
        told = held_;
        told.cached = false; // there is no better to be had by asking once more
    }
    return told;
}

void name_cache::all_failed(std::uint64_t version) noexcept {
    if (version == held_.version)
        in_doubt_ = true;
}

void name_cache::worked(const boost::asio::ip::tcp::endpoint& address) {
    auto& known = held_.addresses;
    const auto found = std::find(known.begin(), known.end(), address);
    std::rotate(known.begin(), found, found == known.end() ? found : found + 1);
}

void name_cache::misbehaved(const boost::asio::ip::tcp::endpoint& address) {
    auto& known = held_.addresses;
    const auto found = std::find(known.begin(), known.end(), address);
    if (found != known.end())
        std::rotate(found, found + 1, known.end());
}

} // namespace bandwidth::webrtc::detail
