#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

#include "transport/happy_eyeballs.hpp"

namespace test {

/// Addresses on port 443.
inline bandwidth::webrtc::detail::address_list list(const std::vector<std::string>& texts) {
    bandwidth::webrtc::detail::address_list made;
    for (const auto& text : texts)
        made.emplace_back(boost::asio::ip::make_address(text), static_cast<unsigned short>(443));
    return made;
}

} // namespace test
