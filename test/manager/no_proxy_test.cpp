#include "manager/no_proxy.hpp"

#include <doctest/doctest.h>

#include <string>

using bandwidth::webrtc::detail::is_in_no_proxy;

namespace {

struct no_proxy_case {
    const char* list;
    const char* host;
    bool excluded;
    const char* port = "443";
};

} // namespace

// What curl 7.88 does with each (it was asked), but for those that say so, and for IPv6: there it compares the text
// alone, though its documents promise networks.
TEST_CASE("no_proxy: names, addresses, networks and ports") {
    const no_proxy_case table[] = {
        {"", "example.com", false},
        {"*", "example.com", true},
        {"*", "192.0.2.1", true},
        {"*,a", "example.com", false},
        {"*.example.com", "www.example.com", false},
        // names
        {"example.com", "example.com", true},
        {"EXAMPLE.com", "example.COM", true},
        {".example.com", "example.com", true},
        {"example.com.", "example.com", true},
        {"example.com", "example.com.", true},
        {"example.com", "www.example.com", true},
        {".example.com", "www.example.com", true},
        {"example.com", "nonexample.com", false},
        {"www.example.com", "example.com", false},
        {"com", "example.com", true},
        {".", "example.com", false},
        {"192.0.2.1", "example.com", false},
        // lists
        {"a.example,example.com", "example.com", true},
        {"a.example, example.com", "example.com", true},
        {"a.example example.com", "example.com", true},
        {",,a.example,,\t example.com ,", "example.com", true},
        {" , ", "example.com", false},
        // addresses
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.10", false},
        {".2.1", "192.0.2.1", false},
        {"2.1", "192.0.2.1", false},
        {"::1", "::1", true},
        {"0:0::1", "::1", true},
        {"[::1]", "::1", true}, // beyond curl
        {"::1", "192.0.2.1", false},
        // networks
        {"192.0.2.0/24", "192.0.2.77", true},
        {"192.0.2.99/24", "192.0.2.77", true},
        {"192.0.2.0/24", "192.0.3.1", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.1/32", "192.0.2.1", true},
        {"192.0.2.1/32", "192.0.2.2", false},
        {"192.0.2.0/33", "192.0.2.1", false},
        {"192.0.2.0/", "192.0.2.1", false},
        {"192.0.2.0/-1", "192.0.2.1", false},
        {"192.0.2.0/x", "192.0.2.1", false},
        {"0.0.0.0/0", "192.0.2.1", true}, // for curl 0 is none
        {"fd00::/8", "fd12:3456::1", true},
        {"fd00::/8", "fe80::1", false},
        {"2001:db8::/32", "2001:db8:1::1", true},
        {"2001:db8::1/128", "2001:db8::1", true},
        {"::/129", "::1", false},
        {"192.0.2.0/24", "::1", false},
        {"192.0.2.0/24", "example.com", false},
        // ports, beyond curl
        {"example.com:443", "example.com", true},
        {"example.com:8443", "example.com", false},
        {"example.com:8443", "www.example.com", true, "8443"},
        {"example.com:", "example.com", false},
        {"192.0.2.1:443", "192.0.2.1", true},
        {"192.0.2.1:80", "192.0.2.1", false},
        {"[::1]:443", "::1", true},
        {"[::1]:80", "::1", false},
        {"[::1", "::1", false},
        {"[::1]:", "::1", false},
        {"[::1]x", "::1", false},
        {"[::1]:443:443", "::1", false},
        {"[fd00::/8]", "fd12:3456::1", true},
        {"[fd00::/8]:443", "fd12:3456::1", true},
        {"[fd00::/8]:80", "fd12:3456::1", false},
        {"[fd00::]/8", "fd12:3456::1", false},
        {"[fd00::]/8", "fd00::", false},
        {"[fd00::]/8:443", "fd00::", false},
        {"10.0.0.0/8:443", "10.1.2.3", true},
        {"10.0.0.0/8:80", "10.1.2.3", false},
    };
    for (const auto& each : table) {
        CAPTURE(each.list);
        CAPTURE(each.host);
        CAPTURE(each.port);
        CHECK(is_in_no_proxy(each.list, each.host, each.port) == each.excluded);
    }
}
