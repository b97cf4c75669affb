#include "loopback/event_poster.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "core/ascii.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

namespace asio_net = boost::asio;
namespace beast_http = boost::beast::http;
using event_request = beast_http::request<beast_http::string_body>;

constexpr std::uint64_t max_response_body = 64 * 1024;                          // nothing in it is looked at
constexpr std::chrono::nanoseconds longest_post = std::chrono::hours(24 * 365); // so that no time overflows

asio_net::ssl::context make_event_context(const std::string& ca_pem) {
    asio_net::ssl::context context(asio_net::ssl::context::tls_client);
    context.set_verify_mode(asio_net::ssl::verify_peer);
    if (ca_pem.empty())
        return context; // trusts nobody
    boost::system::error_code error;
    context.add_certificate_authority(asio_net::buffer(ca_pem), error);
    if (error)
        throw std::runtime_error("event_ca_pem cannot be read: " + error.message());
    return context;
}

/// Nothing when it is no URL to which something can be posted.
std::optional<boost::urls::url_view> read_event_url(const std::string& text) {
    const auto read = boost::urls::parse_uri(text);
    if (!read.has_value() || (read->scheme() != "http" && read->scheme() != "https"))
        return std::nullopt;
    return *read;
}

event_request make_event_request(const boost::urls::url_view& url, const std::string& body) {
    std::string target(url.encoded_target());
    if (!target.starts_with('/'))
        target.insert(0, "/");
    event_request request(beast_http::verb::post, target, 11);
    request.set(beast_http::field::host, std::string(url.encoded_host_and_port()));
    request.set(beast_http::field::user_agent, "bandwidth-webrtc-loopback");
    request.set(beast_http::field::content_type, "application/json");
    request.set(beast_http::field::connection, "close");
    request.body() = body;
    request.prepare_payload();
    return request;
}

/// Whether the response is 2xx.
template <class Stream>
asio_net::awaitable<bool> exchange_event(Stream& stream, const event_request& request) {
    boost::system::error_code failed;
    co_await beast_http::async_write(stream, request,
                                     asio_net::redirect_error(asio_net::use_awaitable, failed));
    if (failed)
        co_return false;
    boost::beast::flat_buffer buffer;
    beast_http::response_parser<beast_http::string_body> parser;
    parser.body_limit(max_response_body);
    co_await beast_http::async_read(stream, buffer, parser,
                                    asio_net::redirect_error(asio_net::use_awaitable, failed));
    co_return !failed && parser.get().result_int() / 100 == 2;
}

/// The same over TLS.
asio_net::awaitable<bool> exchange_event(boost::beast::tcp_stream& lower, asio_net::ssl::context& context,
                                         const std::string& host, const event_request& request) {
    asio_net::ssl::stream<boost::beast::tcp_stream&> stream(lower, context);
    stream.set_verify_callback(asio_net::ssl::host_name_verification(host));
    boost::system::error_code failed;
    asio_net::ip::make_address(host, failed);
    if (failed) // RFC 6066 section 3: the name of a host, and no address
        SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    co_await stream.async_handshake(asio_net::ssl::stream_base::client,
                                    asio_net::redirect_error(asio_net::use_awaitable, failed));
    if (failed)
        co_return false;
    const bool taken = co_await exchange_event(stream, request);
    co_return taken;
}

} // namespace

event_poster::event_poster(asio_net::any_io_executor executor, const loopback_options& options)
    : executor_(std::move(executor))
    , to_any_host_(options.events_to_any_host())
    , timeout_(std::min(options.event_timeout(), longest_post))
    , tls_(make_event_context(options.event_ca_pem()))
    , resolver_(executor_) {}

void event_poster::post(posted_event event) {
    asio_net::post(
        executor_,
        [self = shared_from_this(), event = std::move(event)]() mutable { self->enqueue(std::move(event)); });
}

void event_poster::enqueue(posted_event event) {
    if (closed_)
        return;
    if (queue_.size() >= most_waiting) {
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    queue_.push_back(std::move(event));
    if (std::exchange(delivering_, true))
        return;
    asio_net::co_spawn(executor_, deliver_queue(shared_from_this()), asio_net::detached);
}

void event_poster::close() {
    closed_ = true;
    queue_.clear();
    resolver_.cancel();
    if (search_)
        search_->waits.cancel();
    if (stream_)
        stream_->close();
}

asio_net::awaitable<void> event_poster::deliver_queue(std::shared_ptr<event_poster> self) {
    while (!self->queue_.empty()) {
        const posted_event event = std::move(self->queue_.front());
        self->queue_.pop_front();
        bool taken = co_await self->try_to_post(event.url, event.body);
        if (!taken && !event.fallback_url.empty() && !self->closed_)
            taken = co_await self->try_to_post(event.fallback_url, event.body);
        if (taken)
            self->delivered_.fetch_add(1, std::memory_order_relaxed);
    }
    self->delivering_ = false;
}

asio_net::awaitable<bool> event_poster::try_to_post(const std::string& url, const std::string& body) {
    bool taken = false;
    try {
        taken = co_await post_to(url, body);
    } catch (const std::exception&) { // no memory, for one: the next event has its chance all the same
    }
    stream_.reset();
    if (!taken)
        failed_posts_.fetch_add(1, std::memory_order_relaxed);
    co_return taken;
}

asio_net::awaitable<bool> event_poster::post_to(const std::string& url_text, const std::string& body) {
    const auto url = read_event_url(url_text);
    if (!url)
        co_return false;
    const std::string host(url->host_address());
    if (!is_allowed(host))
        co_return false;
    const bool encrypted = url->scheme() == "https";
    const std::string port = url->has_port() ? std::string(url->port()) : encrypted ? "443" : "80";
    const auto deadline = std::chrono::steady_clock::now() + timeout_;
    const auto addresses = co_await look_up(host, port, deadline);
    if (closed_ || addresses.empty())
        co_return false;
    stream_.emplace(executor_);
    stream_->expires_at(deadline);
    boost::system::error_code failed;
    co_await stream_->async_connect(addresses, asio_net::redirect_error(asio_net::use_awaitable, failed));
    if (failed)
        co_return false;
    const auto request = make_event_request(*url, body);
    bool taken = false;
    if (encrypted)
        taken = co_await exchange_event(*stream_, tls_, host, request);
    else
        taken = co_await exchange_event(*stream_, request);
    co_return taken;
}

/// The addresses of a host to which something may be posted; none where there are none, or not in time.
asio_net::awaitable<std::vector<asio_net::ip::tcp::endpoint>> event_poster::look_up(
    const std::string& host, const std::string& port, std::chrono::steady_clock::time_point deadline) {
    // A look-up that has begun cannot be ended. So nobody waits for the look-up itself, but for a timer that its end
    // cancels.
    const auto search = std::make_shared<name_search>(executor_, deadline);
    search_ = search;
    auto done = [search](boost::system::error_code failed, asio_net::ip::tcp::resolver::results_type found) {
        if (!failed)
            search->found = std::move(found);
        search->waits.cancel();
    };
    resolver_.async_resolve(host, port, std::move(done));
    boost::system::error_code ended;
    co_await search->waits.async_wait(asio_net::redirect_error(asio_net::use_awaitable, ended));
    search_.reset();
    resolver_.cancel(); // one that waits for another to end need not begin
    std::vector<asio_net::ip::tcp::endpoint> addresses;
    for (const auto& entry : search->found)
        if (to_any_host_ || entry.endpoint().address().is_loopback())
            addresses.push_back(entry.endpoint());
    co_return addresses;
}

/// A name that is not this machine's own is not even looked up.
bool event_poster::is_allowed(const std::string& host) const {
    if (to_any_host_)
        return true;
    boost::system::error_code none;
    const auto address = asio_net::ip::make_address(host, none);
    return none ? webrtc::detail::equals_ignoring_case(host, "localhost") : address.is_loopback();
}

} // namespace bandwidth::webrtc::testing::detail
