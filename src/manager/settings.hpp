#pragma once

#include <bandwidth/webrtc/manager_options.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "manager/pool.hpp"
#include "transport/tls_context.hpp"

namespace bandwidth::webrtc::detail {

/// An https URL, or an http one, taken apart.
struct server_url {
    webrtc::detail::endpoint endpoint;
    std::string host_header; ///< the host, and the port where it is not the default one
    std::string path;        ///< as it is encoded, without a slash at its end
};

/// Connection options after they were checked.
struct manager_settings {
    pool_settings pool; ///< of all shards together
    std::size_t shards = 1;
    tls_settings tls;
    std::shared_ptr<const tls_context>
        loaded; ///< from `tls`, to be shared and not loaded again; null: not yet
    std::string host_header;
    std::chrono::nanoseconds timeout{0}; ///< of a call that sets none

    /// What is for one of the shards.
    pool_settings of_shard(std::size_t index) const;
    std::size_t most_connections_of_a_shard() const noexcept;
};

/// Private values of the public options.
struct options_access {
    template <class Options>
    static const connection_values& connection(const Options& options) {
        return options.basic_connection_options<Options>::values_;
    }
    /// How names are looked up; null: as ever.
    template <class Options>
    static std::shared_ptr<const name_settings>& names(Options& options) {
        return options.basic_connection_options<Options>::values_.names;
    }
};

// What each of these throws is an api_error (`errc::invalid_options`), its message beginning with the name of the
// option.

/// Refuses an option.
[[noreturn]] void refuse_option(const std::string& text);
/// Refuses a host that has characters beyond ASCII, or others which no name and no address has, such as those
/// that end the host in a URL; and an IPv6 zone.
/// \param host decoded, without the brackets of a URL
void check_host(const std::string& option, const std::string& host);
/// \param option its name.
server_url read_server_url(std::string_view option, std::string_view text);
manager_settings check(const server_url& server, const connection_values& values);
/// The same for the options of TLS alone. PEM texts and files are read by the `tls_context` made with them.
tls_settings check_tls(const connection_values& values);

/// Whether every number of a policy is in its range; what is wrong where one is not.
[[nodiscard]] std::optional<std::string> validate(const retry_policy& policy);

} // namespace bandwidth::webrtc::detail
