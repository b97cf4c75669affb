#include <algorithm>
#include <utility>

#include <boost/beast/core/string.hpp>

#include <bandwidth/webrtc/testing/loopback_stats.hpp>

namespace bandwidth::webrtc::testing {

received_request::received_request(std::size_t connection, std::string method, std::string target,
                                   std::vector<std::pair<std::string, std::string>> headers, std::string body)
    : connection_(connection)
    , method_(std::move(method))
    , target_(std::move(target))
    , headers_(std::move(headers))
    , body_(std::move(body)) {}

std::string_view received_request::header(std::string_view name) const noexcept {
    const auto is_named = [name](const auto& header) { return boost::beast::iequals(header.first, name); };
    const auto found = std::find_if(headers_.begin(), headers_.end(), is_named);
    return found == headers_.end() ? std::string_view() : std::string_view(found->second);
}

} // namespace bandwidth::webrtc::testing
