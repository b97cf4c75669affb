// Must not compile, with one sentence for each of the four mistakes: see ../setup.cmake.
#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;

const std::vector<int> items{1, 2, 3};

template <class MakeCall, class OnResult>
void run(MakeCall make_call, OnResult on_result) {
    asio::io_context context;
    bandwidth::webrtc::for_each_bounded(context, items, 2, make_call, on_result, asio::detached);
}

void all() {
    const auto call = [](int item) -> asio::awaitable<int> { co_return item; };
    const auto ignore = [](const auto&) {};
    run([](const std::string& item) -> asio::awaitable<std::string> { co_return item; },
        ignore);                                    // not of this range
    run([](int item) { return 2 * item; }, ignore); // a number is no call
    run(
        call, [](int) {});
    run(call, [](const auto&) { return true; }); // a bool is no type of cancellation
}

} // namespace
