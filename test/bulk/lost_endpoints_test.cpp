#include "bulk/job/lost_endpoints.hpp"
#include "bulk/job/inventory.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace bandwidth::webrtc::bulk;

TEST_CASE("lost endpoints: a tag is this run's by its nonce, and this shard's by its number") {
    const auto prefix = tag_prefix(0x0123456789abcdef);
    const auto is_of = [](const std::string& tag) {
        return is_tag_of(tag, share{10, 5}, 0x0123456789abcdef);
    };
    CHECK(is_of(prefix + "10"));
    CHECK(is_of(prefix + "14"));
    CHECK_FALSE(is_of(prefix + "9"));
    CHECK_FALSE(is_of(prefix + "15"));
    for (const char* const other : {"", "10-1", "10 ", "-10", "+10", "0x10", "99999999999999999999999"})
        CHECK_FALSE(is_of(prefix + other));
    CHECK_FALSE(is_of(tag_prefix(0x0123456789abcdee) + "10"));
    CHECK_FALSE(is_of("10"));
    CHECK_FALSE(is_of(""));
}
