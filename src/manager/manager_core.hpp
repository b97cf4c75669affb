#pragma once

#include <bandwidth/webrtc/call_options.hpp>
#include <bandwidth/webrtc/stats.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "manager/settings.hpp"

namespace bandwidth::webrtc::detail {

/// The pools of one server: one for each shard. Shards have nothing in common but the execution context. A
/// connection manager has one, and so do the clients that share it; a client may have one of its own.
class manager_core {
public:
    /// \throws api_error (`errc::invalid_options`) when the executor, a certificate or a key cannot be used.
    manager_core(const asio::any_io_executor& executor, const manager_settings& settings);
    ~manager_core() { close(); }
    manager_core(const manager_core&) = delete;
    manager_core& operator=(const manager_core&) = delete;

    const asio::any_io_executor& executor() const noexcept { return pools_.front()->base_executor(); }
    const std::string& host_header() const noexcept { return host_header_; }
    /// Of a call that sets none.
    std::chrono::nanoseconds timeout() const noexcept { return timeout_; }
    const std::vector<std::shared_ptr<pool>>& pools() const noexcept { return pools_; }
    /// The calls that a thread makes stay together, so that they are written together.
    std::size_t shard_of_this_thread() const noexcept;

    void reload_tls(const tls_settings& settings);
    void close() noexcept;
    client_stats stats() const;
    /// The drain of those calls in each shard, or of all calls where there are no groups.
    call_handle prepare_drain(std::chrono::nanoseconds limit,
                              std::span<const boost::intrusive_ptr<call_group>> groups = {});

    /// What all pools hold, for a person to read.
    static asio::awaitable<std::string> describe(std::shared_ptr<manager_core> of);

private:
    std::vector<std::shared_ptr<tls_context>> load(const tls_settings& settings, std::size_t count) const;
    std::vector<std::shared_ptr<tls_context>> for_shards(std::shared_ptr<tls_context> first,
                                                         std::size_t count) const;

    std::string host_header_;
    std::chrono::nanoseconds timeout_;
    std::size_t sessions_kept_; // to resume, by each shard
    std::vector<std::shared_ptr<pool>> pools_;
};

/// The call completes with `errc::invalid_argument`, if there is a problem. The first one counts.
void refuse_if(call& value, const std::optional<std::string>& problem);
/// Takes the options of one call that are the same for all kinds of calls.
void apply(const call_options& options, std::chrono::nanoseconds default_timeout, call& to);

} // namespace bandwidth::webrtc::detail
