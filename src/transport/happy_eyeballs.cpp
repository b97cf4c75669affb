#include "transport/happy_eyeballs.hpp"

#include <algorithm>
#include <boost/system/errc.hpp>

namespace bandwidth::webrtc::detail {

std::string text_of(const boost::asio::ip::tcp::endpoint& address) {
    const auto ip = address.address().to_string();
    return (address.address().is_v6() ? "[" + ip + "]" : ip) + ":" + std::to_string(address.port());
}

address_list interleave(const address_list& addresses) {
    address_list families[2]; // that of the first address, and the other
    for (const auto& address : addresses) {
        auto& family = families[address.protocol() == addresses.front().protocol() ? 0 : 1];
        if (std::find(family.begin(), family.end(), address) == family.end())
            family.push_back(address);
    }
    address_list mixed;
    for (std::size_t i = 0; i < addresses.size(); ++i)
        for (const auto& family : families)
            if (i < family.size())
                mixed.push_back(family[i]);
    return mixed;
}

happy_eyeballs::action happy_eyeballs::next(time_point now) {
    if (failed_ == addresses_.size())
        return {step::give_up, 0, time_point::max()};
    if (started_ == addresses_.size())
        return {step::wait, 0, time_point::max()};
    if (now < next_at_)
        return {step::wait, 0, next_at_};
    next_at_ = now + delay;
    return {step::attempt, started_++, next_at_};
}

void happy_eyeballs::failed(std::size_t index, const error_code& code, time_point now) {
    errors_[index] = code;
    ++failed_;
    next_at_ = now;
}

address_list happy_eyeballs::passed_over(std::size_t winner) const {
    address_list worse;
    for (std::size_t i = 0; i < started_; ++i)
        if (errors_[i] || i < winner)
            worse.push_back(addresses_[i]);
    return worse;
}

bool happy_eyeballs::out_of_resources() const noexcept {
    namespace sys = boost::system::errc;
    const auto resource = [](const error_code& code) {
        return code == sys::too_many_files_open || code == sys::too_many_files_open_in_system ||
               code == sys::no_buffer_space || code == sys::not_enough_memory;
    };
    // Every port is in use; or the family has no address here, as ::1 in many a container, which must not
    // hide that the host's other addresses have moved.
    const auto no_port = [](const error_code& code) { return code == sys::address_not_available; };
    const auto says_nothing = [&](const error_code& code) {
        return !code || no_port(code) || code == sys::network_unreachable;
    };
    return std::any_of(errors_.begin(), errors_.end(), resource) ||
           (std::any_of(errors_.begin(), errors_.end(), no_port) &&
            std::all_of(errors_.begin(), errors_.end(), says_nothing));
}

std::string happy_eyeballs::describe(std::size_t limit) const {
    // Room for ", and 1234 more".
    constexpr std::size_t reserve = 20;
    std::string text;
    for (std::size_t i = 0; i < started_; ++i) {
        auto one = text_of(addresses_[i]);
        one.append(" ").append(errors_[i] ? errors_[i].message() : "no response");
        if (text.size() + one.size() + reserve > limit)
            return text.append(i == 0 ? "" : ", and ") + std::to_string(started_ - i) + " more";
        text.append(i == 0 ? "" : ", ").append(one);
    }
    return text;
}

} // namespace bandwidth::webrtc::detail
