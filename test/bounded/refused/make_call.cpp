// Must not compile: see ../setup.cmake.
#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

boost::asio::awaitable<void> run(boost::asio::io_context& context) {
    const std::vector<int> items{1, 2, 3};
    const auto make_call = [](int item) { return 2 * item; }; // a number is no call
    const auto on_result = [](const auto&) {};
    co_await bandwidth::webrtc::for_each_bounded(context, items, 2, make_call, on_result,
                                                 boost::asio::use_awaitable);
}
