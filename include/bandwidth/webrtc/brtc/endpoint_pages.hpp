#pragma once

#include <bandwidth/webrtc/brtc/endpoint_page.hpp>
#include <bandwidth/webrtc/call_options.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

namespace bandwidth::webrtc::detail {
class client_core;
}

namespace bandwidth::webrtc::brtc {

/// An asynchronous range: all pages of a list of endpoints, each read when it is asked for.
/// ```cpp
/// auto pages = client.list_all_endpoints();
/// auto page = co_await pages.next();
/// while (page) {
///     for (const auto& endpoint : page->endpoints()) ...
///     page = co_await pages.next();
/// }
/// ```
/// Of the link to the next page nothing is used but the cursor: every request goes to the client's own base
/// URL. Endpoints that come and go meanwhile may be missed or told twice, as the service does it. There are
/// awaitables only: who uses callbacks pages by hand, with `list_endpoints` and
/// `endpoint_page::next_cursor()`.
///
/// The states of the range:
/// - *more*: `next()` reads the page behind the last one. A page that links to no next one leads to *ended*;
///   one whose link has no cursor, or a cursor that came before, to *stuck*.
/// - *ended*: `next()` gives nothing.
/// - *stuck*: `next()` fails with `errc::bad_json`, sending nothing.
///
/// A call that fails leaves the state as it was: `next()` asks for the same page again.
///
/// Thread safety: one `next()` at a time. Lifetime: the range outlives its `next()`. It does not keep the
/// client: once that was destroyed, `next()` fails with `errc::client_closed`. It may be moved while no
/// `next()` is in progress; one that was moved from may be assigned to and destroyed.
class endpoint_pages {
public:
    /// The next page, or nothing behind the last one; throws `api_error` as any call does. Cancellation and
    /// completion are those of `client`.
    [[nodiscard]] boost::asio::awaitable<std::optional<endpoint_page>> next();

    /// As `next`, giving a `result`.
    [[nodiscard]] boost::asio::awaitable<result<std::optional<endpoint_page>>> try_next();

private:
    friend class client;
    enum class state : unsigned char { more, ended, stuck };

    endpoint_pages(std::weak_ptr<webrtc::detail::client_core> core, const endpoint_filter& filter,
                   const call_options& options);
    void follow(const endpoint_page& page);

    std::weak_ptr<webrtc::detail::client_core> core_;
    endpoint_filter filter_; // of the next page
    call_options options_;
    std::unordered_set<std::string> cursors_; // those that were followed
    state at_ = state::more;
};

} // namespace bandwidth::webrtc::brtc
