#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <bandwidth/webrtc/testing/scripted_server.hpp>
#include <boost/asio/io_context.hpp>

int main() {
    boost::asio::io_context context;
    // The constructors that share a context with the program.
    const bandwidth::webrtc::testing::loopback_server service(context.get_executor());
    const bandwidth::webrtc::testing::scripted_server scripted(context.get_executor());
}
