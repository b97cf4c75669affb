#include <doctest/doctest.h>

#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <vector>

#include "bounded/hand_driven_calls.hpp"

// How long for_each_bounded keeps what it was given, and what may end before it.

namespace {

using namespace bounded;

// Reacts to the cancellation of a call, and tells whether the call's item still exists when it is destroyed.
class reaction {
public:
    reaction(std::weak_ptr<int> item, int& before, int& after) noexcept
        : item_(std::move(item)), before_(before), after_(after) {}
    reaction(const reaction&) = delete;
    reaction& operator=(const reaction&) = delete;
    ~reaction() { ++(item_.expired() ? after_ : before_); }
    void operator()(asio::cancellation_type) const {}

private:
    std::weak_ptr<int> item_;
    int& before_;
    int& after_;
};

// A call that never ends, with such a reaction.
class endless_call {
public:
    endless_call(asio::io_context& context, const std::shared_ptr<int>& item, int& before,
                 int& after) noexcept
        : context_(context), item_(item), before_(before), after_(after) {}
    template <class CompletionToken>
    auto operator()(CompletionToken&& token) && {
        auto initiate = [](auto handler, const endless_call& call) {
            asio::get_associated_cancellation_slot(handler).template emplace<reaction>(
                call.item_, call.before_, call.after_);
            // In the context until that is destroyed.
            asio::post(call.context_, [kept = std::move(handler)] {});
            call.context_.stop();
        };
        return asio::async_initiate<CompletionToken, void(webrtc::result<int>)>(initiate, token, *this);
    }

private:
    asio::io_context& context_;
    std::weak_ptr<int> item_;
    int& before_;
    int& after_;
};

} // namespace

TEST_CASE("bounded: range and functions are gone when the handler runs") {
    for (const std::size_t count : {0U, 1U, 3U}) {
        asio::io_context context;
        hand_driven_calls calls;
        const auto watched = std::make_shared<int>(0);
        long users = 0;
        int begun = 0;
        const std::vector<std::shared_ptr<int>> items(count, watched);
        webrtc::for_each_bounded(
            context, std::vector(items), 2,
            [&calls, &begun, watched](const std::shared_ptr<int>&) { return calls.make(begun++); },
            [watched](const auto&) {},
            [&](std::exception_ptr, const webrtc::bounded_progress&) { users = watched.use_count(); });
        while (users == 0) {
            context.restart();
            context.poll();
            calls.succeed_all();
        }
        CHECK(users == static_cast<long>(count) + 1); // `items` and `watched`
    }
}

TEST_CASE(
    "bounded: a context that is destroyed, and calls that are, destroy the handler without calling it") {
    const auto watched = std::make_shared<int>(0);
    hand_driven_calls calls;
    for (const int polls : {0, 1}) {
        asio::io_context context;
        webrtc::for_each_bounded(
            context, up_to(5), 2, [&calls](const int& item) { return calls.make(item); },
            [watched](const auto&) {},
            [watched](std::exception_ptr, const webrtc::bounded_progress&) { FAIL("it was called"); });
        CHECK(watched.use_count() == 3);
        if (polls != 0)
            context.poll();
        if (polls != 0)
            calls.forget(); // as a client does when its context is destroyed
    }
    CHECK(watched.use_count() == 1);
}

TEST_CASE("bounded: what reacts to the cancellation of a call is destroyed before its item") {
    int before = 0;
    int after = 0;
    {
        asio::io_context context;
        std::vector<std::shared_ptr<int>> items{std::make_shared<int>(0), std::make_shared<int>(1)};
        webrtc::for_each_bounded(
            context, std::move(items), 2,
            [&](const std::shared_ptr<int>& one) { return endless_call(context, one, before, after); },
            [](const auto&) {}, [](std::exception_ptr, const webrtc::bounded_progress&) {});
        context.poll();
    }
    CHECK(before == 2);
    CHECK(after == 0);
}

TEST_CASE("bounded: the signal may outlive the context") {
    for (const int polls : {0, 1}) {
        asio::cancellation_signal signal;
        hand_driven_calls calls;
        {
            asio::io_context context;
            webrtc::for_each_bounded(
                context, up_to(5), 2, [&calls](const int& item) { return calls.make(item); },
                [](const auto&) {},
                asio::bind_cancellation_slot(
                    signal.slot(),
                    [](std::exception_ptr, const webrtc::bounded_progress&) { FAIL("it was called"); }));
            if (polls != 0)
                context.poll();
            calls.forget();
        }
        signal.emit(cancellation_type::terminal); // reaches nothing
    }
}

TEST_CASE("bounded: a cancellation on its way when the last call ends keeps nothing alive") {
    asio::io_context context;
    hand_driven_calls calls;
    asio::cancellation_signal signal;
    const auto watched = std::make_shared<int>(0);
    long users = 0;
    webrtc::for_each_bounded(
        context, std::vector(1, watched), 2,
        [&calls, watched](const std::shared_ptr<int>&) { return calls.make(0); }, [watched](const auto&) {},
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, const webrtc::bounded_progress&) {
            users = watched.use_count();
        }));
    context.poll();
    calls.succeed(0);
    signal.emit(cancellation_type::terminal);
    context.poll();
    CHECK(users == 1);
    CHECK(watched.use_count() == 1);
}
