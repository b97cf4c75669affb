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

namespace {

using tcp = asio::ip::tcp;

// The permutation of the range that has this number. Successive numbers begin with each element in turn, and have
// each of the others in second place as often.
template <class Iterator>
void permute(Iterator first, Iterator last, std::size_t number) {
    for (; first != last; ++first) {
        const auto left = last - first;
        std::rotate(first, first + static_cast<std::ptrdiff_t>(number) % left, last);
        number /= static_cast<std::size_t>(left);
    }
}

} // namespace

name_answer name_cache::next_dial(bool cached) {
    address_list good;
    address_list failed;
    for (const auto& each : known_)
        (each.failed ? failed : good).push_back(each.address);
    const auto other_family = std::find_if(good.begin(), good.end(), [&](const tcp::endpoint& address) {
        return address.protocol() != good.front().protocol();
    });
    permute(good.begin(), other_family, dials_);
    permute(other_family, good.end(), dials_);
    ++dials_;
    auto order = interleave(good);
    order.insert(order.end(), failed.begin(), failed.end());
    return {code_, std::move(order), version_, cached};
}

bool name_cache::look_up_ended(const error_code& code, const address_list& addresses, time_point now) {
    const bool kept = !code || is_absent(code);
    if (!kept)
        return !known_.empty();
    code_ = code;
    if (!code && addresses.empty())
        code_ = asio::error::no_data;
    merge(code ? address_list() : addresses);
    ++version_;
    until_ = now + (code_ ? keep_absent_ : keep_);
    return true;
}

// Addresses that were known already keep their places, since many name servers change the order with each
// response, and the turns of the dials would go astray.
void name_cache::merge(const address_list& addresses) {
    const auto family_failed = [before = known_](const tcp::endpoint& address) {
        const auto is_other = [&](const known_address& each) {
            return each.address.protocol() != address.protocol();
        };
        return !std::all_of(before.begin(), before.end(), is_other) &&
               std::all_of(
                   before.begin(), before.end(),
                   [&](const known_address& each) { return is_other(each) || each.failed; });
    };
    std::erase_if(known_, [&](const known_address& each) {
        return std::find(addresses.begin(), addresses.end(), each.address) == addresses.end();
    });
    for (const auto& address : addresses)
        if (!find(address))
            known_.push_back({address});
    std::stable_partition(known_.begin(), known_.end(), [&](const known_address& each) {
        return each.address.protocol() == addresses.front().protocol();
    });
    for (auto& each : known_)
        each.failed = family_failed(each.address);
    if (none_without_failure())
        for (auto& each : known_)
            each.failed = false;
}

name_cache::known_address* name_cache::find(const tcp::endpoint& address) noexcept {
    const auto found = std::find_if(known_.begin(), known_.end(),
                                    [&](const known_address& each) { return each.address == address; });
    return found == known_.end() ? nullptr : &*found;
}

bool name_cache::none_without_failure() const noexcept {
    return std::all_of(
        known_.begin(), known_.end(), [](const known_address& each) { return each.failed; });
}

void name_cache::worked(const tcp::endpoint& address) {
    if (auto* const known = find(address))
        known->failed = false;
}

void name_cache::failed(const tcp::endpoint& address) {
    auto* const known = find(address);
    if (!known)
        return;
    known->failed = true;
    if (none_without_failure())
        for (auto& each : known_)
            each.failed = &each == known;
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
    if (cache_.known(clock::now())) {
        asio::post(executor_,
                   [told = std::move(told), response = cache_.next_dial(true)] { told(response); });
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
    const bool known = cache_.look_up_ended(code, addresses, clock::now());
    const auto waited = std::exchange(waiting_, {});
    for (const auto& [ticket, told] : waited)
        told(known ? cache_.next_dial(false) : name_answer{code, {}, 0, false});
}

} // namespace bandwidth::webrtc::detail
