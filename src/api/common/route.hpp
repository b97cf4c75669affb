#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/exchange.hpp"

namespace bandwidth::webrtc::detail {

/// What the path of each operation begins with, behind that of the base URL.
inline constexpr std::string_view account_template = "/accounts/{accountId}";

/// One operation of an API. The texts are literals.
struct route {
    operation_name of;
    std::string_view method; ///< "GET"
    request_class kind;
    const char* content_type = "application/json; charset=utf-8"; ///< of the body, where it has one

    /// Behind that of the account: "/sessions/{sessionId}".
    [[nodiscard]] constexpr std::string_view path() const noexcept {
        return of.url_template.substr(account_template.size());
    }
    /// Whether "not found" can count as success (`ignore_not_found`): the deletes.
    [[nodiscard]] constexpr bool is_delete() const noexcept { return method == "DELETE"; }
    [[nodiscard]] constexpr bool has_body() const noexcept { return method == "POST" || method == "PUT"; }
    /// Whether the response tells of what the path ends with, by its id.
    [[nodiscard]] constexpr bool reads_one() const noexcept {
        return method == "GET" && path().ends_with('}');
    }
};

/// What stands in a path in place of a name in braces.
struct path_id {
    std::string_view noun; ///< what it names: "session id"
    std::string_view value;
};

/// What all paths of an account begin with: `prefix` as it is (the path of the base URL, without a slash at
/// the end: "/v1"), then "/accounts/" and the percent-encoded account.
std::string account_path(std::string_view prefix, std::string_view account);

/// Appends the path of a request to `out`: `base`, which `account_path` made, then `path` with each id
/// percent-encoded. Takes memory only if `out` is too small. Gives the size of the encoded id that the path
/// ends with; 0 where it does not end with one.
/// \param ids in their order in the path; all must have passed `validate_id`.
std::size_t append_target(std::string& out, std::string_view base, std::string_view path,
                          std::span<const path_id> ids);

} // namespace bandwidth::webrtc::detail
