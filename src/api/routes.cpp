#include "api/routes.hpp"

#include "api/percent_encoding.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// A stretch of a path template: text, then the id behind it.
struct stretch {
    std::string_view text;
    std::string_view path_ids::*id = nullptr; // null at the end
};

using split_path = std::array<stretch, 4>;

constexpr std::string_view path_ids::*id_named(std::string_view placeholder) {
    if (placeholder == "{accountId}") {
        return &path_ids::account;
    }
    return placeholder == "{sessionId}" ? &path_ids::session : &path_ids::participant;
}

constexpr split_path split(std::string_view path_template) {
    split_path parts;
    for (stretch& part : parts) {
        const std::size_t open = path_template.find('{');
        part.text = path_template.substr(0, open);
        if (open == std::string_view::npos) {
            break;
        }
        const std::size_t close = path_template.find('}');
        part.id = id_named(path_template.substr(open, close - open + 1));
        path_template.remove_prefix(close + 1);
    }
    return parts;
}

// The templates, taken apart at compile time.
constexpr std::array<split_path, routes.size()> split_paths = [] {
    std::array<split_path, routes.size()> all;
    for (std::size_t i = 0; i != all.size(); ++i) {
        all[i] = split(routes[i].path_template);
    }
    return all;
}();

} // namespace

void append_target(std::string& out, std::string_view prefix, operation which, const path_ids& ids) {
    out.append(prefix);
    for (const stretch& part : split_paths[static_cast<std::size_t>(which)]) {
        out.append(part.text);
        if (part.id == nullptr) {
            return;
        }
        append_path_segment(out, ids.*part.id);
    }
}

} // namespace bandwidth::webrtc::detail
