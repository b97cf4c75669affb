#include <bandwidth/webrtc/call_options.hpp>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"
#include "manager/header_lines.hpp"

namespace bandwidth::webrtc {

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
    auto& options = rare_.change();
    detail::append_header(name, value, options.header_lines, options.refused_header);
    if (detail::is_owned_by_operations(name))
        options.refused_operations = detail::why_owned(name);
    if (detail::equals_ignoring_case(name, "idempotency-key") && !detail::trim(value).empty())
        idempotent_ = true;
    return *this;
}

} // namespace bandwidth::webrtc
