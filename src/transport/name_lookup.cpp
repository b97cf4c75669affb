#include "transport/name_lookup.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <new>
#include <utility>

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

class system_resolver final : public name_resolver {
public:
    explicit system_resolver(const name_lookup::executor_type& executor) : resolver_(executor) {}

    void resolve(const std::string& host, const std::string& port, handler done) override {
        resolver_.async_resolve(
            host, port, tcp::resolver::numeric_service,
            [done = std::move(done)](const error_code& ec, const tcp::resolver::results_type& results) {
                address_list addresses;
                for (const auto& entry : results)
                    addresses.push_back(entry.endpoint());
                done(ec, addresses);
            });
    }

private:
    tcp::resolver resolver_;
};

} // namespace

name_lookup::name_lookup(const executor_type& executor, std::string host, std::string port,
                         const name_settings& settings)
    : executor_(executor)
    , host_(std::move(host))
    , port_(std::move(port))
    , resolver_(settings.resolver ? settings.resolver : std::make_shared<system_resolver>(executor))
    , cache_(settings.cache) {}

std::uint64_t name_lookup::ask(handler told) {
    const auto ticket = ++tickets_;
    const auto now = std::chrono::steady_clock::now();
    if (lost_.exchange(false)) // this one asks anew, for those that still wait as well
        cache_.look_up_lost();
    try {
        waiting_.emplace(ticket, std::move(told));
        begin(ticket, now);
    } catch (...) {
        waiting_.erase(ticket);
        throw;
    }
    return ticket;
}

void name_lookup::begin(std::uint64_t ticket, time_point now) {
    if (const auto* const known = cache_.known(now)) {
        asio::post(executor_, [self = shared_from_this(), ticket, answer = *known] {
            // Not there: it has left, or a look-up has ended in the meantime.
            if (const auto waiter = self->waiting_.extract(ticket))
                waiter.mapped()(answer);
        });
    }
    if (cache_.wants_look_up(now))
        look_up();
}

void name_lookup::forget(std::uint64_t ticket) { waiting_.erase(ticket); }

/// Held by the handler of a look-up: should it be destroyed without having been called, or not get through to
/// the strand, it is known that nothing will come.
struct name_lookup::in_flight {
    explicit in_flight(std::weak_ptr<name_lookup> value) noexcept : of(std::move(value)) {}
    ~in_flight() {
        if (const auto alive = of.lock(); alive && !arrived)
            alive->lost_ = true;
    }
    in_flight(const in_flight&) = delete;
    in_flight& operator=(const in_flight&) = delete;

    const std::weak_ptr<name_lookup> of;
    std::atomic<bool> arrived{false};
};

void name_lookup::look_up() {
    const auto flight = std::make_shared<in_flight>(weak_from_this());
    // By way of the strand in any case: a resolver of any kind may call from anywhere. It holds nothing of
    // the context's, so that it may keep the handler for longer than the context lives.
    auto done = [flight](const error_code& code, const address_list& addresses) {
        const auto alive = flight->of.lock();
        if (!alive)
            return;
        try {
            auto copy = addresses; // a captured reference to const could not be moved out again
            asio::post(alive->executor_, [flight, code, found = std::move(copy)] {
                flight->arrived = true;
                if (const auto self = flight->of.lock())
                    self->ended(code, found);
            });
        } catch (const std::bad_alloc&) { // `flight` tells
        }
    };
    cache_.look_up_began();
    try {
        resolver_->resolve(host_, port_, done);
    } catch (const boost::system::system_error& error) { // no thread for it, say
        done(error.code(), {});
    }
}

void name_lookup::ended(const error_code& code, const address_list& addresses) noexcept {
    name_answer answer;
    try {
        answer = cache_.look_up_ended(code, addresses, std::chrono::steady_clock::now());
    } catch (const std::bad_alloc&) {
        answer.code = asio::error::no_memory;
    }
    for (auto& [ticket, told] : std::exchange(waiting_, {}))
        told(answer);
}

} // namespace bandwidth::webrtc::detail
