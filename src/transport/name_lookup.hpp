#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "transport/name_cache.hpp"
#include "transport/serialized_executor.hpp"

namespace bandwidth::webrtc::detail {

/// Where names are looked up: the system's resolver, or what a test puts in its place.
class name_resolver {
public:
    using handler = std::function<void(const error_code&, const address_list&)>;

    virtual ~name_resolver() = default;
    name_resolver(const name_resolver&) = delete;
    name_resolver& operator=(const name_resolver&) = delete;

    /// Calls `done` once, on any thread and at any time. Throws where it cannot even start.
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
/// A look-up blocks a thread and cannot be cancelled. So there is one at a time; those who wait for it leave
/// on their own, by `forget`; and what comes late is kept for the dials to come. A look-up in flight keeps
/// nothing alive, and is no work for the execution context.
class name_lookup : public std::enable_shared_from_this<name_lookup> {
public:
    using executor_type = serialized_executor;
    using handler = std::function<void(const name_answer&)>;

    name_lookup(const executor_type& executor, std::string host, std::string port,
                const name_settings& settings);
    ~name_lookup() { abandon(); }

    /// `told` is called once on the executor, never from inside of this function, and destroyed then; not at
    /// all after `forget`. Returns what `forget` wants.
    std::uint64_t ask(handler told);
    void forget(std::uint64_t ticket);
    /// The execution context is going. When this returns, no other thread uses it any more.
    void abandon() noexcept;

    name_cache& cache() noexcept { return cache_; }

private:
    struct return_path;
    struct waiter {
        handler told;
        bool promised; ///< what was known when it asked is on its way
    };
    void look_up();
    void ended(const error_code& code, const address_list& addresses);

    executor_type executor_;
    std::string host_;
    std::string port_;
    std::shared_ptr<name_resolver> resolver_;
    std::shared_ptr<return_path> path_; // of the look-ups, which may outlive this
    name_cache cache_;
    std::map<std::uint64_t, waiter> waiting_;
    std::uint64_t tickets_ = 0;
};

} // namespace bandwidth::webrtc::detail
