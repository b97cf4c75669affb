#include "bulk/job/endpoint_checks.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace webrtc = bandwidth::webrtc;
namespace brtc = webrtc::brtc;
using namespace webrtc::bulk;
using webrtc::endpoint_id;

namespace {

// Number 0 and 1 exist, the delete of 2 has failed, 3 is deleted, 4 was never created.
endpoint_inventory five_endpoints() {
    endpoint_inventory created(share{0, 5}, 0xabc);
    created[0] = {endpoint_id("e-z"), presence::exists};
    created[1] = {endpoint_id("e-a"), presence::exists};
    created[2] = {endpoint_id("e-m"), presence::unsure};
    created[3] = {endpoint_id("e-q"), presence::deleted};
    return created;
}

brtc::endpoint tagged(const char* id, const char* tag) {
    return brtc::endpoint().id(endpoint_id(id)).tag(tag);
}

const brtc::endpoint z = tagged("e-z", "bulk-0000000000000abc-0");
const brtc::endpoint a = tagged("e-a", "bulk-0000000000000abc-1");
const brtc::endpoint m = tagged("e-m", "bulk-0000000000000abc-2");
const brtc::endpoint q = tagged("e-q", "bulk-0000000000000abc-3");
const brtc::endpoint lost = tagged("e-n", "bulk-0000000000000abc-4");

// What is said of a list of one page.
std::string check_page(std::vector<brtc::endpoint> listed) {
    const auto created = five_endpoints();
    endpoint_list_check check(created);
    return check.add(brtc::endpoint_page().endpoints(std::move(listed)));
}

} // namespace

TEST_CASE("endpoint inventory: tags differ and hold the nonce, and what may exist is counted") {
    const auto created = five_endpoints();
    CHECK(created.tag(7) == "bulk-0000000000000abc-7");
    CHECK(created.count() == 3);
}

TEST_CASE("check: an endpoint") {
    CHECK(check_endpoint(z, endpoint_id("e-z"), "bulk-0000000000000abc-0") == "");
    CHECK(check_endpoint(z, endpoint_id(), "bulk-0000000000000abc-0") == "");
    CHECK(check_endpoint(z, endpoint_id("e-a"), "bulk-0000000000000abc-0") ==
          "endpoint 'e-z' where 'e-a' was due");
    CHECK(check_endpoint(z, endpoint_id("e-z"), "other") ==
          "tag 'bulk-0000000000000abc-0' where 'other' was due");
    CHECK(check_endpoint(brtc::endpoint().id(endpoint_id("e-z")), endpoint_id("e-z"), "mine") ==
          "no tag where 'mine' was due");
}

TEST_CASE("check: the list of endpoints") {
    CHECK(check_page({z, a}) == "");
    CHECK(check_page({a, z}) == "");
    CHECK(check_page({m, a, z}) == "");                            // its delete may have been done or not
    CHECK(check_page({z, a, lost, tagged("e-x", "other")}) == ""); // not known, or another's
    CHECK(check_page({z}) == "1 endpoints that exist are not listed");
    CHECK(check_page({}) == "2 endpoints that exist are not listed");
    CHECK(check_page({z, a, z}) == "endpoint 'e-z' is listed twice");
    CHECK(check_page({z, a, q}) == "endpoint 'e-q' is listed, though it was deleted");
    CHECK(check_page({z, tagged("e-a", "x")}) == "tag 'x' where 'bulk-0000000000000abc-1' was due");
}

TEST_CASE("check: the list of endpoints over several pages") {
    const auto created = five_endpoints();
    const auto first = brtc::endpoint_page().endpoints({z}).next_cursor("1");
    const auto middle = brtc::endpoint_page().next_cursor("2");
    const auto last = brtc::endpoint_page().endpoints({a});
    endpoint_list_check check(created);
    CHECK(check.add(first) == "");
    CHECK(check.add(middle) == "");
    CHECK(check.add(last) == "");
    endpoint_list_check again(created);
    CHECK(again.add(first) == "");
    CHECK(again.add(brtc::endpoint_page().endpoints({z}).next_cursor("2")) ==
          "endpoint 'e-z' is listed twice");
    CHECK(again.add(brtc::endpoint_page()) == "1 endpoints that exist are not listed");
}
