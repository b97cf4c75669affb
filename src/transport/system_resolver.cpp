#include "transport/system_resolver.hpp"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <thread>
#include <utility>

#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

/// Within its scope no signal is delivered to this thread, nor to one that it starts: the program's signals
/// are for the program's own threads.
class blocked_signals {
public:
    blocked_signals() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before_);
    }
    ~blocked_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    blocked_signals(const blocked_signals&) = delete;
    blocked_signals& operator=(const blocked_signals&) = delete;

private:
    sigset_t before_{};
};

} // namespace

name_resolver system_resolver(blocking_look_up look_up) {
    // Shared, for a user's function may not like to be copied.
    return [look_up = std::make_shared<const blocking_look_up>(std::move(look_up))](
               const std::string& host, const std::string& port, name_handler done) {
        const blocked_signals blocked;
        std::thread([look_up, host, port, done = std::move(done)] {
            error_code ec;
            const auto addresses = (*look_up)(host, port, ec);
            done(ec, addresses);
        }).detach();
    };
}

// The blocking form of Asio's resolver runs on the calling thread; the context is there for its type only.
address_list by_getaddrinfo(const std::string& host, const std::string& port, error_code& ec) {
    asio::io_context context;
    tcp::resolver resolver(context);
    address_list addresses;
    for (const auto& entry : resolver.resolve(host, port, tcp::resolver::numeric_service, ec))
        addresses.push_back(entry.endpoint());
    return addresses;
}

blocking_look_up by_function(user_look_up look_up) {
    return [look_up = std::move(look_up)](const std::string& host, const std::string& port, error_code& ec) {
        address_list addresses;
        unsigned short number = 0;
        read_number(port, number);
        try {
            for (const auto& address : look_up(host))
                addresses.emplace_back(address, number);
        } catch (const boost::system::system_error& error) {
            ec = error.code() ? error.code() : error_code(asio::error::host_not_found_try_again);
        } catch (...) { // what it was nobody can be told: the thread is the look-up's own
            ec = asio::error::host_not_found_try_again;
        }
        return addresses;
    };
}

} // namespace bandwidth::webrtc::detail
