#include <algorithm>
#include <bandwidth/webrtc/call_options.hpp>
#include <iterator>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc {

namespace {

// What frames the message, names the host or carries credentials is not the caller's to set.
constexpr std::string_view reserved =
    " accept accept-encoding authorization connection content-length content-type cookie expect host "
    "http2-settings keep-alive proxy-authorization proxy-connection te trailer transfer-encoding upgrade "
    "user-agent ";

// Of a token, so it has no spaces.
bool is_reserved(std::string_view name) {
    std::string word(" ");
    std::transform(name.begin(), name.end(), std::back_inserter(word), detail::to_lower);
    return reserved.find(word += ' ') != std::string_view::npos;
}

} // namespace

const call_options::rare_options& call_options::rare_box::none() noexcept {
    // Never destroyed: options may be used while statics are.
    union lasting {
        constexpr lasting() noexcept : options() {}
        ~lasting() {}
        rare_options options;
    };
    static const lasting nothing;
    return nothing.options;
}

call_options::rare_box::rare_box(const rare_box& other)
    : value_(other.value_ ? std::make_unique<rare_options>(*other.value_) : nullptr) {}

call_options::rare_box& call_options::rare_box::operator=(const rare_box& other) {
    return *this = rare_box(other);
}

call_options::rare_options& call_options::rare_box::change() {
    if (!value_)
        value_ = std::make_unique<rare_options>();
    return *value_;
}

call_options& call_options::header(std::string_view name, std::string_view value) {
    // The value may be a secret, and the name may hold anything: neither is repeated where it is not
    // harmless.
    auto& refused = rare_.change().refused_header;
    if (!detail::valid_field_name(name))
        refused = "header: the name is not a token";
    else if (is_reserved(name))
        refused = "header: " + std::string(name) + " belongs to the library";
    else if (!detail::valid_field_value(value))
        refused = "header: the value of " + std::string(name) + " has control characters";
    else {
        if (detail::equals_ignoring_case(name, "idempotency-key"))
            idempotent_ = true;
        rare_.change().header_lines.append(name).append(": ").append(value).append("\r\n");
    }
    return *this;
}

} // namespace bandwidth::webrtc
