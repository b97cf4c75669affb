#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "transport/name_lookup.hpp"
#include "transport/serialized_executor.hpp"
#include "transport/tls_context.hpp"

namespace bandwidth::webrtc::detail {

struct proxy_route;

/// Where to connect to, and whom to expect there.
struct endpoint {
    std::string host;        ///< DNS name or IP address, no brackets; the proxy's where there is one
    std::string port;        ///< decimal
    std::string server_name; ///< whom the certificate has to be for: the host of the base URL
    bool plain = false;      ///< no TLS, and no address but those of the loopback
    std::shared_ptr<const proxy_route> proxy = nullptr; ///< null: none
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

struct end_of_cycle {
    transport_host& host;
    ~end_of_cycle() { host.end_cycle(); }
};

/// A completion that runs `function` with `self` in one cycle, and does nothing once `self` has ended: also
/// when that is by what the cycle begins with. What throws ends the program: half a cycle cannot be undone.
template <class Self, class Function>
auto in_cycle(transport_host& host, std::shared_ptr<Self> self, Function function) {
    return [keep = host.keep_alive(), &host, self = std::move(self), function](auto&&... results) noexcept {
        if (self->ended())
            return;
        host.begin_cycle();
        const end_of_cycle ends{host};
        if (!self->ended())
            std::invoke(function, *self, std::forward<decltype(results)>(results)...);
    };
}

} // namespace bandwidth::webrtc::detail
