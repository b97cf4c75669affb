#include <utility>

#include <bandwidth/webrtc/testing/scripted_server.hpp>

namespace bandwidth::webrtc::testing {

using kind = detail::script_step::kind;

script::script() = default;

script& script::add(detail::script_step step) {
    steps_.push_back(std::move(step));
    return *this;
}

script& script::handshake() { return add({kind::handshake, 0, {}, {}}); }

script& script::handshake_stall(std::size_t bytes) { return add({kind::handshake_stall, bytes, {}, {}}); }

script& script::expect_requests(std::size_t count) { return add({kind::expect_requests, count, {}, {}}); }

script& script::expect_bytes(std::string text) { return add({kind::expect_bytes, 0, std::move(text), {}}); }

script& script::send(std::string bytes) {
    const std::size_t all = bytes.size();
    return add({kind::send, all, std::move(bytes), {}});
}

script& script::send_split(std::string bytes, std::size_t size) {
    return add({kind::send, size == 0 ? 1 : size, std::move(bytes), {}});
}

script& script::key_update(std::size_t count) { return add({kind::key_update, count, {}, {}}); }

script& script::renegotiate() { return add({kind::renegotiate, 0, {}, {}}); }

script& script::send_raw(std::string bytes) { return add({kind::send_raw, 0, std::move(bytes), {}}); }

script& script::delay(std::chrono::nanoseconds duration) { return add({kind::delay, 0, {}, duration}); }

script& script::hold() { return add({kind::hold, 0, {}, {}}); }

script& script::close_notify() { return add({kind::close_notify, 0, {}, {}}); }

script& script::fin() { return add({kind::fin, 0, {}, {}}); }

script& script::rst() { return add({kind::rst, 0, {}, {}}); }

script& script::stall() { return add({kind::stall, 0, {}, {}}); }

scripted_options::scripted_options() = default;

scripted_options& scripted_options::address(std::string ip_address) {
    address_ = std::move(ip_address);
    return *this;
}

scripted_options& scripted_options::port(std::uint16_t port) {
    port_ = port;
    return *this;
}

scripted_options& scripted_options::plain_tcp(bool enabled) {
    plain_tcp_ = enabled;
    return *this;
}

scripted_options& scripted_options::max_tls_version(tls_version version) {
    max_tls_version_ = version;
    return *this;
}

scripted_options& scripted_options::server_certificate(certificate shown) {
    server_certificate_ = std::move(shown);
    return *this;
}

scripted_options& scripted_options::client_authority(std::string ca_pem) {
    client_authority_ = std::move(ca_pem);
    return *this;
}

scripted_options& scripted_options::alpn(std::string protocol) {
    alpn_ = std::move(protocol);
    return *this;
}

scripted_options& scripted_options::required_server_name(std::string name) {
    required_server_name_ = std::move(name);
    return *this;
}

} // namespace bandwidth::webrtc::testing
