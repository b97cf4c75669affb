#include <algorithm>
#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <string>

#include "api/common/validate.hpp"
#include "api/webrtc/routes.hpp"
#include "core/ascii.hpp"
#include "core/percent_encoding.hpp"
#include "fuzz/targets.hpp"
#include "manager/settings.hpp"

namespace fuzz {

namespace {

using namespace bandwidth::webrtc;

// What may stand in a request line or a Host field.
bool is_plain(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_this_machine(const std::string& host) {
    error_code not_an_address;
    const auto address = boost::asio::ip::make_address(host, not_an_address);
    return not_an_address ? detail::equals_ignoring_case(host, "localhost") : address.is_loopback();
}

void check_base_url(std::string_view text) {
    try {
        const auto to = detail::read_server_url("base_url", text);
        const auto& host = to.endpoint.host;
        require(!host.empty() && host.find_first_of(std::string_view("\r\n\0 ", 4)) == std::string::npos,
                "a host");
        require(is_plain(to.host_header), "a Host field of one word");
        require(!to.endpoint.plain || is_this_machine(host), "no TLS on this machine only");
        unsigned port = 0;
        const auto& digits = to.endpoint.port;
        const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), port).ptr;
        require(end == digits.data() + digits.size() && port > 0 && port < 65536, "a port");
        require(is_plain(to.path) && to.path.find_first_of("?#") == std::string::npos, "a path");
        require(to.path.empty() || (to.path.front() == '/' && to.path.back() != '/'),
                "a path that others can be put behind");
    } catch (const api_error& error) {
        require(error.code() == errc::invalid_options, "refused as an option");
        require(error.failure().message().starts_with("base_url"), "refused by its name");
    }
}

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned value = 0;
        const auto hex = text.substr(i + 1, 2);
        const auto end = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16).ptr;
        require(hex.size() == 2 && end == hex.data() + 2, "two digits");
        out += static_cast<char>(value);
        i += 2;
    }
    return out;
}

void check_ids(std::string_view session, std::string_view participant) {
    std::string segment;
    detail::append_path_segment(segment, session);
    require(decoded(segment) == session, "a segment can be decoded to what it was");
    require(is_plain(segment) && segment.find_first_of("/?#\\") == std::string::npos, "a segment is one");
    if (detail::validate_id("session id", session) || detail::validate_id("participant id", participant))
        return;
    std::string target;
    const detail::path_id ids[] = {{"session id", session}, {"participant id", participant}};
    detail::append_target(target, detail::account_path("/v1", "9900000"),
                          detail::route_of(detail::operation::add_participant_to_session).path(), ids);
    require(is_plain(target) && std::count(target.begin(), target.end(), '/') == 7,
            "a target of seven segments");
    require(target.find("/../") == std::string::npos && target.find("/./") == std::string::npos &&
                target.find("//") == std::string::npos && !target.ends_with("/..") && !target.ends_with("/."),
            "a target that no server shortens");
}

} // namespace

void url(std::string_view input) {
    check_base_url(input);
    check_base_url("https://localhost" + std::string(input));
    check_base_url("https://" + std::string(input) + "/v1");
    check_base_url("http://" + std::string(input) + "/v1");
    check_ids(input.substr(0, input.size() / 2), input.substr(input.size() / 2));
    check_ids(input, "p");
}

} // namespace fuzz
