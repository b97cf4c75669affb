#pragma once

#include <bandwidth/webrtc/client_options.hpp>
#include <memory>
#include <string>

#include "manager/pool.hpp"

namespace bandwidth::webrtc::detail {

/// Client options after they were checked: what the pool needs, and what the operations need.
struct checked_settings {
    pool_settings pool; ///< of all shards together
    std::size_t shards = 1;
    tls_settings tls;
    std::string path_prefix; ///< of the base URL, without a slash at its end

    /// What is for one of the shards.
    pool_settings of_shard(std::size_t index) const;
};

/// Options that are not the users'.
struct client_options_access {
    /// How names are looked up; null: as ever.
    static std::shared_ptr<const name_settings>& names(client_options& options) { return options.names_; }
    static const std::shared_ptr<const name_settings>& names(const client_options& options) {
        return options.names_;
    }
};

/// \throws api_error (`errc::invalid_options`), its message beginning with the name of the option.
checked_settings check(const client_options& options);
/// The same for the options of TLS alone. PEM texts and files are read by the `tls_context` made with them.
tls_settings check_tls(const client_options& options);

} // namespace bandwidth::webrtc::detail
