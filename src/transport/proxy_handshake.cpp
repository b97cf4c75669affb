#include "transport/proxy_handshake.hpp"

#include <algorithm>
#include <bandwidth/webrtc/version.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>
#include <utility>

#include "core/base64.hpp"

namespace bandwidth::webrtc::detail {

namespace http = boost::beast::http;
namespace asio = boost::asio;

namespace {

constexpr char socks_version = 5;
// RFC 1928, section 3.
constexpr unsigned char no_authentication = 0;
constexpr unsigned char username_password = 2;
constexpr unsigned char no_acceptable_method = 0xFF;
// RFC 1928, section 5.
constexpr unsigned char ipv4 = 1;
constexpr unsigned char domain_name = 3;
constexpr unsigned char ipv6 = 4;

template <class Bytes>
void append_address(std::string& to, unsigned char type, const Bytes& bytes) {
    to += static_cast<char>(type);
    to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void append_counted(std::string& to,
                    const std::string& text) { // of at most 255 bytes: checked with the options
    to += static_cast<char>(text.size());
    to += text;
}

std::string connect_request(const proxy_route& route) {
    const bool brackets = route.target_host.find(':') != std::string::npos;
    const auto authority = (brackets ? "[" + route.target_host + "]" : route.target_host) + ":" +
                           std::to_string(route.target_port);
    http::request<http::empty_body> request(http::verb::connect, authority, 11);
    request.set(http::field::host, authority);
    request.set(http::field::user_agent, std::string("bandwidth-webrtc-cpp/").append(version_string));
    if (route.has_credentials)
        request.set(http::field::proxy_authorization,
                    "Basic " + encode_base64(route.username.reveal() + ":" + route.password.reveal()));
    std::string text;
    http::request_serializer<http::empty_body> serializer(request);
    error_code ec;
    while (!serializer.is_done() && !ec)
        serializer.next(ec, [&](error_code&, const auto& buffers) {
            const auto size = asio::buffer_size(buffers);
            const auto before = text.size();
            text.resize(before + size);
            asio::buffer_copy(asio::buffer(text.data() + before, size), buffers);
            serializer.consume(size);
        });
    return text;
}

// RFC 1928, section 6.
const char* socks_failure(unsigned char reply) {
    constexpr const char* texts[] = {"general failure",  "not allowed by its rules", "network unreachable",
                                     "host unreachable", "connection refused",       "its TTL expired",
                                     "no such command",  "no such type of address"};
    return reply >= 1 && reply <= std::size(texts) ? texts[reply - 1] : "unknown error";
}

} // namespace

proxy_handshake::proxy_handshake(std::shared_ptr<const proxy_route> route)
    : route_(std::move(route)), state_(route_->socks ? state::socks_method : state::http_response) {}

std::string proxy_handshake::begin() const {
    if (!route_->socks)
        return connect_request(*route_);
    std::string greeting{socks_version, 1, no_authentication};
    if (route_->has_credentials) {
        greeting[1] = 2;
        greeting += static_cast<char>(username_password);
    }
    return greeting;
}

std::string proxy_handshake::receive(std::string_view& bytes) {
    std::string answer;
    for (auto before = state::failed; before != state_;) {
        before = state_;
        switch (state_) {
        case state::http_response:
            receive_http(bytes);
            break;
        case state::socks_method:
            if (take(bytes, 2))
                answer += receive_method();
            break;
        case state::socks_verdict:
            if (take(bytes, 2))
                answer += receive_verdict();
            break;
        case state::socks_reply:
            receive_reply(bytes);
            break;
        case state::open:
        case state::failed:
            return answer;
        }
    }
    return answer;
}

// Whether there are `size` bytes in `received_`, for which no more than that is taken off `bytes`.
bool proxy_handshake::take(std::string_view& bytes, std::size_t size) {
    if (received_.size() < size) {
        const auto more = bytes.substr(0, size - received_.size());
        received_ += more;
        bytes.remove_prefix(more.size());
    }
    return received_.size() >= size;
}

// --- HTTP ------------------------------------------------------------------------------------------------

void proxy_handshake::receive_http(std::string_view& bytes) {
    received_ += bytes;
    for (;;) {
        // The parser looks at nothing before a line is whole.
        constexpr std::string_view start = "HTTP/1.";
        if (!in_header_ && received_.compare(0, start.size(), start.substr(0, received_.size())) != 0)
            return fail(errc::proxy_failed, "its response is not HTTP");
        if (!parser_) {
            parser_.emplace();
            parser_->header_limit(static_cast<std::uint32_t>(header_limit));
            parser_->skip(true); // a response to CONNECT has no body (RFC 9110, section 9.3.6)
        }
        error_code ec;
        const auto used = parser_->put(asio::buffer(std::as_const(received_)), ec);
        received_.erase(0, used);
        in_header_ = in_header_ || used != 0;
        header_bytes_ += used;
        if (ec == http::error::header_limit || header_bytes_ + (ec ? received_.size() : 0) > header_limit)
            return fail(errc::proxy_failed, "the header section of its response is too large");
        if (ec && ec != http::error::need_more)
            return fail(errc::proxy_failed, "its response is not HTTP: " + ec.message());
        if (!parser_->is_header_done()) {
            bytes = {};
            return;
        }
        const auto status = static_cast<int>(parser_->get().result_int());
        parser_.reset();
        in_header_ = false;
        if (status / 100 == 1 && status != 101) { // RFC 9110, section 15.2
            if (!received_.empty())
                continue;
            bytes = {};
            return;
        }
        bytes.remove_prefix(bytes.size() - received_.size()); // the header section ended in them
        received_ = {};
        return judge_http(status);
    }
}

void proxy_handshake::judge_http(int status) {
    if (status / 100 == 2) {
        state_ = state::open;
        return;
    }
    if (status == 407 || status == 401) // the latter is tinyproxy's word for wrong credentials
        return fail(
            errc::proxy_refused,
            std::string(route_->has_credentials ? "it did not take the credentials for it (HTTP "
                                                : "it wants credentials, and there are none for it (HTTP ") +
                std::to_string(status) + ")");
    const bool lasting = status / 100 == 3 || (status / 100 == 4 && status != 408 && status != 429);
    fail(lasting ? errc::proxy_refused : errc::proxy_failed,
         "it did not connect to " + target() + ": " + make_http_error(status).message());
}

// --- SOCKS -----------------------------------------------------------------------------------------------

std::string proxy_handshake::receive_method() {
    const auto method = static_cast<unsigned char>(received_[1]);
    if (received_[0] != socks_version) {
        fail(errc::proxy_failed, "its response is not SOCKS 5");
        return {};
    }
    received_ = {};
    if (method == no_authentication)
        return socks_request();
    if (method == username_password && route_->has_credentials) {
        state_ = state::socks_verdict;
        std::string credentials{1}; // RFC 1929, section 2: the version of this negotiation
        append_counted(credentials, route_->username.reveal());
        append_counted(credentials, route_->password.reveal());
        return credentials;
    }
    if (method == no_acceptable_method)
        fail(errc::proxy_refused, route_->has_credentials
                                      ? "it takes no user name and password"
                                      : "it wants credentials, and there are none for it");
    else
        fail(errc::proxy_failed, "it chose a SOCKS method that was not offered");
    return {};
}

std::string proxy_handshake::receive_verdict() {
    const bool taken =
        received_[1] == 0; // the version before it is 1, 5 with some; the verdict is what counts
    received_ = {};
    if (taken)
        return socks_request();
    fail(errc::proxy_refused, "it did not take the credentials for it");
    return {};
}

std::string proxy_handshake::socks_request() {
    state_ = state::socks_reply;
    std::string request{socks_version, 1, 0}; // 1: CONNECT
    error_code not_an_address;
    const auto address = asio::ip::make_address(route_->target_host, not_an_address);
    if (not_an_address) {
        request += static_cast<char>(domain_name);
        append_counted(request, route_->target_host);
    } else if (address.is_v4()) {
        append_address(request, ipv4, address.to_v4().to_bytes());
    } else {
        append_address(request, ipv6, address.to_v6().to_bytes());
    }
    request += static_cast<char>(route_->target_port >> 8);
    request += static_cast<char>(route_->target_port & 0xFF);
    return request;
}

void proxy_handshake::receive_reply(std::string_view& bytes) {
    // Five bytes tell how long it is: the last of them is the length of a name, or the first byte of an
    // address.
    constexpr std::size_t head = 5;
    if (take(bytes, 1) && received_[0] != socks_version)
        return fail(errc::proxy_failed, "its response is not SOCKS 5");
    if (!take(bytes, 2))
        return;
    // Some proxies end the connection behind these two bytes of a refusal.
    if (const auto reply = static_cast<unsigned char>(received_[1]); reply != 0) {
        const bool lasting = reply == 2 || reply == 7 || reply == 8;
        return fail(lasting ? errc::proxy_refused : errc::proxy_failed,
                    "it did not connect to " + target() + ": " + socks_failure(reply));
    }
    if (!take(bytes, head))
        return;
    const auto type = static_cast<unsigned char>(received_[3]);
    if (type != ipv4 && type != ipv6 && type != domain_name)
        return fail(errc::proxy_failed, "its response is not SOCKS 5");
    const std::size_t address = type == ipv4   ? 4
                                : type == ipv6 ? 16
                                               : std::size_t{1} + static_cast<unsigned char>(received_[4]);
    if (!take(bytes, 4 + address + 2))
        return;
    received_ = {};
    state_ = state::open;
}

void proxy_handshake::fail(errc code, std::string text) {
    state_ = state::failed;
    code_ = code;
    text_ = std::move(text);
}

std::string proxy_handshake::target() const {
    return route_->target_host + " port " + std::to_string(route_->target_port);
}

} // namespace bandwidth::webrtc::detail
