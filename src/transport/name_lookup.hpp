#pragma once

#include <atomic>
#include <bandwidth/webrtc/error.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "transport/name_cache.hpp"
#include "transport/serial_executor.hpp"

namespace bandwidth::webrtc::detail {

/// Where names are looked up: the system's resolver, or what a test puts in its place.
class name_resolver {
public:
    using handler = std::function<void(const error_code&, const address_list&)>;

    virtual ~name_resolver() = default;
    name_resolver(const name_resolver&) = delete;
    name_resolver& operator=(const name_resolver&) = delete;

    /// Calls `done` once, on any thread and at any time; or never, when it is destroyed first.
    virtual void resolve(const std::string& host, const std::string& port, handler done) = 0;

protected:
    name_resolver() = default;
};

/// How a pool looks up its host.
struct name_settings {
    std::shared_ptr<name_resolver> resolver; ///< null: the system's
    name_cache_settings cache;
};

/// The look-ups of one pool, which all its dials share: `name_cache` with a resolver and a clock.
///
/// getaddrinfo blocks a thread and cannot be cancelled, and Asio has one such thread for each context. So
/// there is one look-up at a time; those who wait for it leave on their own, by `forget`; and what comes late
/// is kept for the dials to come. A look-up in flight keeps nothing alive.
class name_lookup : public std::enable_shared_from_this<name_lookup> {
public:
    using executor_type = serial_executor;
    using handler = std::function<void(const name_answer&)>;

    name_lookup(const executor_type& executor, std::string host, std::string port,
                const name_settings& settings);

    /// `told` is called once on the strand, never from inside of this function, and destroyed then; not at
    /// all after `forget`. Returns what `forget` wants.
    /// \throws std::bad_alloc and `told` is destroyed.
    std::uint64_t ask(handler told);
    void forget(std::uint64_t ticket);

    name_cache& cache() noexcept { return cache_; }

private:
    struct in_flight;
    void begin(std::uint64_t ticket, time_point now);
    void look_up();
    void ended(const error_code& code, const address_list& addresses) noexcept;

    executor_type executor_;
    std::string host_;
    std::string port_;
    std::shared_ptr<name_resolver> resolver_;
    name_cache cache_;
    std::map<std::uint64_t, handler> waiting_;
    std::uint64_t tickets_ = 0;
    /// The look-up in flight has ended, and there was no memory to tell: any thread sets it.
    std::atomic<bool> lost_{false};
};

} // namespace bandwidth::webrtc::detail
