#include "transport/dialler.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;

std::shared_ptr<dialler> dialler::start(const serialized_executor& executor, const address_list& addresses,
                                        handler done) {
    std::shared_ptr<dialler> made(new dialler(executor, addresses, std::move(done)));
    // Without an address there is nothing that could complete.
    if (addresses.empty())
        asio::post(executor, [made] { made->go_on(); });
    else
        made->go_on();
    return made;
}

void dialler::go_on() {
    if (!done_) // cancelled in the meantime
        return;
    for (;;) {
        const auto action = plan_.next(clock::now());
        switch (action.what) {
        case happy_eyeballs::step::attempt:
            attempt(action.index);
            break;
        case happy_eyeballs::step::wait:
            if (action.until != time_point::max()) {
                timer_.expires_after(action.until - clock::now());
                timer_.async_wait([self = shared_from_this()](const error_code& ec) noexcept {
                    if (!ec)
                        self->go_on();
                });
            }
            return;
        case happy_eyeballs::step::give_up:
            finish(result{std::nullopt, {}, {}, plan_.describe(), plan_.out_of_resources()});
            return;
        }
    }
}

void dialler::attempt(std::size_t index) {
    auto& socket = attempts_.emplace_back(executor_);
    error_code not_opened;
    open_socket(socket, plan_.address(index).protocol(), not_opened);
    if (not_opened) { // EMFILE, for one: fails as an attempt, too
        asio::post(executor_, [self = shared_from_this(), index, not_opened]() noexcept {
            self->on_attempt(index, not_opened);
        });
        return;
    }
    socket.async_connect(
        plan_.address(index),
        [self = shared_from_this(), index](const error_code& ec) noexcept { self->on_attempt(index, ec); });
}

void dialler::on_attempt(std::size_t index, const error_code& ec) {
    if (!done_) // another has won, or it was cancelled
        return;
    auto& socket = attempts_[index];
    if (!ec) {
        finish(result{std::move(socket), plan_.address(index), plan_.passed_over(index), {}, false});
        return;
    }
    error_code ignored;
    socket.close(ignored);
    plan_.failed(index, ec, clock::now());
    go_on();
}

void dialler::finish(result outcome) {
    const auto done = std::exchange(done_, nullptr);
    cancel(); // closes the losers; the winner's socket has been taken out
    done(std::move(outcome));
}

void dialler::cancel() noexcept {
    // The handler may hold the last reference to us.
    const auto self = shared_from_this();
    const auto dropped = std::exchange(done_, nullptr);
    timer_.cancel();
    for (auto& socket : attempts_) {
        error_code ignored;
        socket.close(ignored);
    }
}

} // namespace bandwidth::webrtc::detail
