#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include "loopback/emulated_clock.hpp"
#include "loopback/jwt_signer.hpp"
#include "loopback/text_hash.hpp"

namespace bandwidth::webrtc::testing::detail {

/// The list of a client's secrets; an empty second one is none.
std::vector<std::string> as_secrets(std::string secret, std::string second_secret);

/// Who may ask for access tokens, and the tokens that are out (RFC 6749 section 4.4). Thread-safe.
class access_tokens {
public:
    access_tokens(const loopback_options& options, const emulated_clock& clock);

    /// The secrets that are valid from now on; tokens that are out stay so.
    void set_secrets(std::vector<std::string> secrets);
    /// The first of the secrets.
    std::string secret() const;
    bool has_client(std::string_view id, std::string_view secret) const;

    std::string issue();
    std::chrono::seconds lifetime() const noexcept { return lifetime_; }
    /// Whether the token is one of these, and its time is not over.
    bool valid(std::string_view token) const;
    void revoke_all();

private:
    const emulated_clock& clock_;
    const std::string client_id_;
    const std::chrono::seconds lifetime_;
    jwt_signer signer_;
    mutable std::mutex mutex_;
    std::vector<std::string> secrets_;
    std::unordered_map<std::string, emulated_clock::time_point, text_hash, std::equal_to<>> ends_;
    std::deque<std::string> in_order_of_their_ends_; // all live for the same time
    std::uint64_t issued_ = 0;
};

} // namespace bandwidth::webrtc::testing::detail
