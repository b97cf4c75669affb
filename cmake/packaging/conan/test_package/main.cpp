#include <bandwidth/webrtc.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>

// A client that calls nothing: it compiles, links, and starts.
int main() {
    namespace webrtc = bandwidth::webrtc;
    boost::asio::io_context context;
    const auto options = webrtc::client_options()
                             .base_url("https://localhost/v1")
                             .account("9900000")
                             .credentials("user", "secret");
    const webrtc::client client(context, options);
    std::cout << "bandwidth-webrtc " << webrtc::version_string << '\n';
}
