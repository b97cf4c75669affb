#include "manager/response_info.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/clean_text.hpp"
#include "core/http_grammar.hpp"
#include "core/redact.hpp"

namespace bandwidth::webrtc {

std::string_view response_info::header(std::string_view name) const noexcept {
    const auto found = std::find_if(headers_.begin(), headers_.end(), [name](const auto& field) {
        return detail::equals_ignoring_case(field.first, name);
    });
    return found == headers_.end() ? std::string_view() : std::string_view(found->second);
}

namespace detail {

void response_info_access::clear(response_info& into, const call& of, std::chrono::nanoseconds elapsed) {
    into.status_ = 0;
    into.protocol_ = {};
    into.request_id_.clear();
    into.headers_.clear();
    into.attempts_ = of.attempts;
    into.elapsed_ = elapsed;
    into.timings_ = of.timings() ? *of.timings() : call_timings();
}

void response_info_access::fill(response_info& into, const response& received, const call& of,
                                std::chrono::nanoseconds elapsed, const std::vector<std::string>& secrets) {
    clear(into, of, elapsed);
    into.status_ = received.status;
    into.protocol_ = received.http_1_1 ? "HTTP/1.1" : "HTTP/1.0";
    into.request_id_ = clean_text(redact_values(redact_tokens(received.request_id), secrets), 128);
    for_each_field(received.fields, "\n", [&](std::string_view name, std::string_view value) {
        into.headers_.emplace_back(name, redact_values(std::string(value), secrets));
    });
}

} // namespace detail

} // namespace bandwidth::webrtc
