#include "manager/no_proxy.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/system/error_code.hpp>
#include <optional>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> parse_ip(std::string_view text) {
    boost::system::error_code not_an_address;
    const auto address = ip::make_address(text, not_an_address);
    return not_an_address ? std::nullopt : std::optional(address);
}

// An address, or a network with its prefix length. (In curl a length of 0 counts as none; here it means every
// address.)
bool covers(std::string_view entry, const ip::address& host) {
    const auto slash = std::min(entry.find('/'), entry.size());
    const auto network = parse_ip(entry.substr(0, slash));
    if (!network || network->is_v4() != host.is_v4())
        return false;
    if (slash == entry.size())
        return *network == host;
    unsigned short length = 0;
    if (!read_number(entry.substr(slash + 1), length) || length > (host.is_v4() ? 32 : 128))
        return false;
    return host.is_v4() ? ip::network_v4(network->to_v4(), length).network() ==
                              ip::network_v4(host.to_v4(), length).network()
                        : ip::network_v6(network->to_v6(), length).network() ==
                              ip::network_v6(host.to_v6(), length).network();
}

std::string_view without_dot_behind(std::string_view name) {
    return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

// The name itself, or one below it.
bool is_below(std::string_view host, std::string_view entry) {
    host = without_dot_behind(host);
    entry = without_dot_behind(entry);
    if (entry.starts_with('.'))
        entry.remove_prefix(1);
    if (entry.empty() || !ends_with_ignoring_case(host, entry))
        return false;
    return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

// Takes the port off the end of an entry, and the brackets around an IPv6 address or network. False: it is for
// another port, or something else stands behind the bracket, without which the entry would mean another one.
bool take_port(std::string_view& entry, std::string_view port) {
    const bool in_brackets = entry.starts_with('[');
    const auto end = in_brackets ? entry.find(']') : entry.find(':');
    if (end == std::string_view::npos)
        return !in_brackets;
    const auto behind = entry.substr(in_brackets ? end + 1 : end); // with the colon
    if (!in_brackets && behind.find(':', 1) != std::string_view::npos)
        return true; // an IPv6 address
    entry = in_brackets ? entry.substr(1, end - 1) : entry.substr(0, end);
    return (in_brackets && behind.empty()) || (behind.starts_with(':') && behind.substr(1) == port);
}

} // namespace

bool is_in_no_proxy(std::string_view list, std::string_view host, std::string_view port) {
    if (list == "*")
        return true;
    const auto address = parse_ip(host);
    while (!list.empty()) {
        auto entry = list.substr(0, list.find_first_of(", \t"));
        list.remove_prefix(std::min(entry.size() + 1, list.size()));
        if (!entry.empty() && take_port(entry, port) &&
            (address ? covers(entry, *address) : is_below(host, entry)))
            return true;
    }
    return false;
}

} // namespace bandwidth::webrtc::detail
