#include "api/common/route.hpp"

#include "core/percent_encoding.hpp"

namespace bandwidth::webrtc::detail {

std::string account_path(std::string_view prefix, std::string_view account) {
    std::string path(prefix);
    path.append("/accounts/");
    append_path_segment(path, account);
    return path;
}

std::size_t append_target(std::string& out, std::string_view base, std::string_view path,
                          std::span<const path_id> ids) {
    out.append(base);
    std::size_t id_size = 0;
    for (auto next = ids.begin(); !path.empty(); ++next) {
        const auto text = path.substr(0, path.find('{'));
        out.append(text);
        path.remove_prefix(text.size());
        if (path.empty())
            return 0;
        const auto begin = out.size();
        append_path_segment(out, next->value);
        id_size = out.size() - begin;
        path.remove_prefix(path.find('}') + 1);
    }
    return id_size;
}

} // namespace bandwidth::webrtc::detail
