#include "transport/name_lookup.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <mutex>
#include <utility>

#include "transport/system_resolver.hpp"

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;

bool is_absent(const error_code& code) noexcept {
    return code == asio::error::host_not_found || code == asio::error::no_data;
}

name_answer name_cache::look_up_ended(const error_code& code, const address_list& addresses, time_point now) {
    const bool kept = !code || is_absent(code);
    if (!kept && held_.addresses.empty())
        return {code, {}, 0, false};
    if (kept) {
        held_ = {code, code ? address_list() : addresses, held_.version + 1, true};
        if (!code && addresses.empty())
            held_.code = asio::error::no_data;
        until_ = now + (held_.code ? keep_absent_ : keep_);
    }
    auto told = held_;
    told.cached = false;
    return told;
}

void name_cache::worked(const asio::ip::tcp::endpoint& address) {
    auto& known = held_.addresses;
    const auto found = std::find(known.begin(), known.end(), address);
    std::rotate(known.begin(), found, found == known.end() ? found : found + 1);
}

void name_cache::misbehaved(const asio::ip::tcp::endpoint& address) {
    auto& known = held_.addresses;
    const auto found = std::find(known.begin(), known.end(), address);
    if (found != known.end())
        std::rotate(found, found + 1, known.end());
}

/// By which a look-up finds back. It knows the way only as long as there is somebody to go to: a look-up may
/// end when the execution context is long gone.
struct name_lookup::return_path {
    std::mutex mutex;
    name_lookup* owner; // null: nobody is there any more
};

name_lookup::name_lookup(const serialized_executor& executor, std::string host, std::string port,
                         const name_settings& settings)
    : executor_(executor)
    , host_(std::move(host))
    , port_(std::move(port))
    , resolver_(settings.resolver ? settings.resolver : system_resolver())
    , path_(new return_path{{}, this})
    , cache_(settings) {}

void name_lookup::abandon() noexcept {
    const std::lock_guard lock(path_->mutex);
    path_->owner = nullptr;
}

std::uint64_t name_lookup::ask(handler told) {
    if (const auto* const known = cache_.known(clock::now())) {
        asio::post(executor_, [told = std::move(told), response = *known] { told(response); });
        return 0;
    }
    waiting_.emplace(++tickets_, std::move(told));
    if (!std::exchange(looking_up_, true))
        look_up();
    return tickets_;
}

void name_lookup::look_up() {
    // By way of the executor in any case: a resolver may call from anywhere. While the lock is held, the
    // execution context is there.
    auto done = [path = path_](const error_code& code, const address_list& addresses) {
        const std::lock_guard lock(path->mutex);
        if (!path->owner)
            return;
        if (auto alive = path->owner->weak_from_this().lock()) { // else it waits for the lock, to go
            const auto& executor = path->owner->executor_;
            asio::post(executor, [self = std::move(alive), code, addresses]() noexcept {
                self->ended(code, addresses);
            });
        }
    };
    try {
        resolver_(host_, port_, done);
    } catch (const boost::system::system_error& error) {
        done(error.code(), {});
    } catch (const std::exception&) { // no thread for it, say
        done(make_error_code(boost::system::errc::resource_unavailable_try_again), {});
    }
}

void name_lookup::ended(const error_code& code, const address_list& addresses) {
    looking_up_ = false;
    const auto response = cache_.look_up_ended(code, addresses, clock::now());
    const auto waited = std::exchange(waiting_, {});
    for (const auto& [ticket, told] : waited)
        told(response);
}

} // namespace bandwidth::webrtc::detail
