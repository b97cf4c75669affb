#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/io_context.hpp>

int main() {
    boost::asio::io_context context;
    // By either constructor.
    const bandwidth::webrtc::client client(context, bandwidth::webrtc::client_options());
    const bandwidth::webrtc::client other(context.get_executor(), bandwidth::webrtc::client_options());
}
