#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <boost/asio/io_context.hpp>

int main() {
    boost::asio::io_context context;
    // By every constructor.
    const bandwidth::webrtc::client client(context, bandwidth::webrtc::client_options());
    const bandwidth::webrtc::client other(context.get_executor(), bandwidth::webrtc::client_options());
    const bandwidth::webrtc::connection_manager manager(context, "https://localhost");
    const bandwidth::webrtc::connection_manager another(context.get_executor(), "https://localhost");
    const bandwidth::webrtc::client sharing(manager, bandwidth::webrtc::account_options());
}
