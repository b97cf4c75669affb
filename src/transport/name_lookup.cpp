#include "transport/name_lookup.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <iterator>
#include <mutex>
#include <utility>

#include "transport/system_resolver.hpp"

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;

/// By which a look-up finds back. It knows the way only as long as there is somebody to go to: a look-up may
/// end when the execution context is long gone.
struct name_lookup::return_path {
    std::mutex mutex;
    name_lookup* owner; // null: nobody is there any more
};

name_lookup::name_lookup(const executor_type& executor, std::string host, std::string port,
                         const name_settings& settings)
    : executor_(executor)
    , host_(std::move(host))
    , port_(std::move(port))
    , resolver_(settings.resolver ? settings.resolver : std::make_shared<system_resolver>())
    , path_(new return_path{{}, this})
    , cache_(settings.cache) {}

void name_lookup::abandon() noexcept {
    const std::lock_guard lock(path_->mutex);
    path_->owner = nullptr;
}

std::uint64_t name_lookup::ask(handler told) {
    const auto ticket = ++tickets_;
    const auto now = clock::now();
    const auto* const known = cache_.known(now);
    waiting_.emplace(ticket, waiter{std::move(told), known != nullptr});
    if (known) {
        asio::post(
            executor_,
            [self = shared_from_this(), ticket, response = *known] {
                if (const auto found = self->waiting_.extract(ticket)) // else it has left
                    found.mapped().told(response);
            });
    }
    if (cache_.wants_look_up(now))
        look_up();
    return ticket;
}

void name_lookup::forget(std::uint64_t ticket) { waiting_.erase(ticket); }

void name_lookup::look_up() {
    // By way of the executor in any case: a resolver may call from anywhere. While the lock is held, the
    // execution context is there.
    auto done = [path = path_](const error_code& code, const address_list& addresses) {
        const std::lock_guard lock(path->mutex);
        if (!path->owner) {
            return;
        }
        if (auto alive = path->owner->weak_from_this().lock()) { // else it waits for the lock, to go
            const auto& executor = path->owner->executor_;
            auto copy = addresses; // a captured reference to const could not be moved out again
            asio::post(executor, [self = std::move(alive), code, found = std::move(copy)] {
                self->ended(code, found);
            });
        }
    };
    cache_.look_up_began();
    try {
        resolver_->resolve(host_, port_, done);
    } catch (const boost::system::system_error& error) {
        done(error.code(), {});
    } catch (const std::exception&) { // no thread for it, say
        done(make_error_code(boost::system::errc::resource_unavailable_try_again), {});
    }
}

void name_lookup::ended(const error_code& code, const address_list& addresses) {
    const auto response = cache_.look_up_ended(code, addresses, clock::now());
    std::map<std::uint64_t, waiter> told;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        const auto next = std::next(at);
        if (!at->second.promised) // else it gets what it was promised
            told.insert(waiting_.extract(at));
        at = next;
    }
    for (const auto& [ticket, each] : told)
        each.told(response);
}

} // namespace bandwidth::webrtc::detail
