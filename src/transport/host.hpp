#pragma once

#include <memory>
#include <vector>

#include "transport/name_lookup.hpp"
#include "transport/serialized_executor.hpp"
#include "transport/tls_context.hpp"

namespace bandwidth::webrtc::detail {

/// Where to connect to.
struct endpoint {
    std::string host; ///< DNS name or IP address, no brackets
    std::string port; ///< decimal
};

/// Buffers that one strand needs only once, since only one connection on it reads at a time.
struct read_buffers {
    static constexpr std::size_t size = 64 * 1024;
    std::vector<char> cipher = std::vector<char>(size);
    std::vector<char> plain = std::vector<char>(size);
};

/// What the streams of a pool have in common: where they run, and what they share.
class transport_host {
public:
    using executor_type = serialized_executor;

    virtual const executor_type& executor() const noexcept = 0;
    virtual read_buffers& buffers() noexcept = 0;
    /// The look-ups that its streams share.
    virtual name_lookup& names() noexcept = 0;
    /// The TLS settings that a handshake has to use now.
    virtual std::shared_ptr<tls_context> tls() noexcept = 0;
    /// Keeps the host alive while an operation is pending.
    virtual std::shared_ptr<void> keep_alive() = 0;
    /// Every completion of a stream runs between these two, in one cycle of the pool.
    virtual void begin_cycle() noexcept = 0;
    virtual void end_cycle() noexcept = 0;

protected:
    ~transport_host() = default;
};

/// One cycle of the pool, for as long as it lives.
class cycle_scope {
public:
    explicit cycle_scope(transport_host& host) noexcept : host_(host) { host_.begin_cycle(); }
    ~cycle_scope() { host_.end_cycle(); }
    cycle_scope(const cycle_scope&) = delete;
    cycle_scope& operator=(const cycle_scope&) = delete;

private:
    transport_host& host_;
};

} // namespace bandwidth::webrtc::detail
