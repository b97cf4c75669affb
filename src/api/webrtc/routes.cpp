#include "api/webrtc/routes.hpp"

#include "core/percent_encoding.hpp"

namespace bandwidth::webrtc::detail {

std::string account_path(std::string_view prefix, std::string_view account) {
    std::string path(prefix);
    path.append("/accounts/");
    append_path_segment(path, account);
    return path;
}

std::size_t append_target(std::string& out, std::string_view base, operation which, const path_ids& ids) {
    out.append(base);
    std::size_t id_size = 0;
    for (std::string_view rest = route_of(which).path; !rest.empty();) {
        const auto text = rest.substr(0, rest.find('{'));
        out.append(text);
        rest.remove_prefix(text.size());
        if (rest.empty())
            return 0;
        const auto begin = out.size();
        append_path_segment(out, rest.starts_with("{sessionId}") ? ids.session : ids.participant);
        id_size = out.size() - begin;
        rest.remove_prefix(rest.find('}') + 1);
    }
    return id_size;
}

} // namespace bandwidth::webrtc::detail
