#include "api/webrtc/routes.hpp"

#include <algorithm>

#include "core/percent_encoding.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// A stretch of a path template: text, then the id behind it.
struct stretch {
    std::string_view text;
    std::string_view path_ids::*id = nullptr; // null at the end
};

using split_path = std::array<stretch, 3>;

// What all templates begin with; a client puts it together once.
constexpr std::string_view account_part = "/accounts/{accountId}";

constexpr std::string_view path_ids::*id_named(std::string_view placeholder) {
    return placeholder == "{sessionId}" ? &path_ids::session : &path_ids::participant;
}

constexpr split_path split(std::string_view path_template) {
    split_path parts;
    for (stretch& part : parts) {
        const std::size_t open = path_template.find('{');
        part.text = path_template.substr(0, open);
        if (open == std::string_view::npos)
            break;
        const std::size_t close = path_template.find('}');
        part.id = id_named(path_template.substr(open, close - open + 1));
        path_template.remove_prefix(close + 1);
    }
    return parts;
}

// The templates, taken apart at compile time.
constexpr std::array<split_path, routes.size()> split_paths = [] {
    std::array<split_path, routes.size()> all;
    for (std::size_t i = 0; i != all.size(); ++i)
        all[i] = split(routes[i].path_template.substr(account_part.size()));
    return all;
}();

static_assert(std::all_of(routes.begin(), routes.end(),
                          [](const route& each) { return each.path_template.starts_with(account_part); }));

} // namespace

std::string account_path(std::string_view prefix, std::string_view account) {
    std::string path(prefix);
    path.append(account_part.substr(0, account_part.find('{')));
    append_path_segment(path, account);
    return path;
}

std::size_t append_target(std::string& out, std::string_view base, operation which, const path_ids& ids) {
    std::size_t id_size = 0;
    out.append(base);
    for (const stretch& part : split_paths[static_cast<std::size_t>(which)]) {
        out.append(part.text);
        if (part.id == nullptr)
            return part.text.empty() ? id_size : 0;
        const auto begin = out.size();
        append_path_segment(out, ids.*part.id);
        id_size = out.size() - begin;
    }
    return id_size;
}

} // namespace bandwidth::webrtc::detail
