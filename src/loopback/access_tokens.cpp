#include "loopback/access_tokens.hpp"

#include <algorithm>

#include "loopback/json_codec.hpp"

namespace bandwidth::webrtc::testing::detail {

std::vector<std::string> as_secrets(std::string secret, std::string second_secret) {
    std::vector<std::string> secrets;
    secrets.push_back(std::move(secret));
    if (!second_secret.empty())
        secrets.push_back(std::move(second_secret));
    return secrets;
}

access_tokens::access_tokens(const loopback_options& options, const emulated_clock& clock)
    : clock_(clock)
    , client_id_(options.client_id())
    , lifetime_(options.token_lifetime())
    , secrets_(options.client_secrets()) {}

void access_tokens::set_secrets(std::vector<std::string> secrets) {
    const std::lock_guard lock(mutex_);
    secrets_ = std::move(secrets);
}

std::string access_tokens::secret() const {
    const std::lock_guard lock(mutex_);
    return secrets_.front();
}

bool access_tokens::has_client(std::string_view id, std::string_view secret) const {
    const std::lock_guard lock(mutex_);
    return id == client_id_ && std::find(secrets_.begin(), secrets_.end(), secret) != secrets_.end();
}

std::string access_tokens::issue() {
    const auto end = clock_.now() + lifetime_;
    const auto expiry = std::chrono::system_clock::to_time_t(clock_.date() + lifetime_);
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    while (!in_order_of_their_ends_.empty() && ends_.at(in_order_of_their_ends_.front()) <= now) {
        ends_.erase(in_order_of_their_ends_.front());
        in_order_of_their_ends_.pop_front();
    }
    std::string claims = "{\"sub\":";
    write_json_string(client_id_, claims);
    claims += ",\"exp\":" + std::to_string(expiry);
    claims += ",\"jti\":\"" + std::to_string(++issued_) + "\"}"; // so that no two are equal
    auto token = signer_.sign(claims);
    ends_.emplace(token, end);
    in_order_of_their_ends_.push_back(token);
    return token;
}

bool access_tokens::valid(std::string_view token) const {
    const std::lock_guard lock(mutex_);
    const auto found = ends_.find(token);
    return found != ends_.end() && clock_.now() < found->second;
}

void access_tokens::revoke_all() {
    const std::lock_guard lock(mutex_);
    ends_.clear();
    in_order_of_their_ends_.clear();
}

} // namespace bandwidth::webrtc::testing::detail
