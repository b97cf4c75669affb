#include "bulk/figures/hint.hpp"

#include "bulk/figures/operation_record.hpp"

#include <doctest/doctest.h>

namespace webrtc = bandwidth::webrtc;
using namespace webrtc::bulk;

TEST_CASE("hint: names the option that helps, where one does") {
    CHECK(hint_for(webrtc::errc::tls_untrusted).find("--ca-file") != std::string_view::npos);
    CHECK(hint_for(webrtc::errc::queue_timeout).find("--connections") != std::string_view::npos);
    CHECK(hint_for(webrtc::errc::host_not_found).find("--base-url") != std::string_view::npos);
    CHECK(hint_for(webrtc::make_http_error(429)).find("--rate") != std::string_view::npos);
    CHECK(hint_for(webrtc::make_http_error(500)) == "");
    CHECK(hint_for(webrtc::errc::connection_lost) == "");
}

TEST_CASE("hint: stands behind what the first failure of a kind said") {
    operation_record record;
    record.add_failure(webrtc::failure(webrtc::errc::queue_timeout, "it waited"));
    const auto& first = record.errors.begin()->second.first;
    CAPTURE(first);
    CHECK(first.find("it waited") != std::string::npos);
    CHECK(first.find(" (more --connections") != std::string::npos);
    record.add_failure(webrtc::failure(webrtc::make_http_error(500), "broken"));
    CHECK(record.errors.at(webrtc::make_http_error(500).message()).first.find('(') == std::string::npos);
}
