#include <algorithm>
#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/brtc/endpoint_pages.hpp>
#include <utility>

#include "api/brtc/calls.hpp"
#include "api/brtc/endpoint_codec.hpp"

namespace bandwidth::webrtc::brtc {

namespace asio = boost::asio;

endpoint_pages::endpoint_pages(std::weak_ptr<detail::client_core> core, const endpoint_filter& filter,
                               const call_options& options)
    : core_(std::move(core)), filter_(filter), options_(options) {}

// Goes on behind this page.
void endpoint_pages::follow(const endpoint_page& page) {
    const auto& cursor = page.next_cursor();
    if (!cursor) {
        const auto& links = page.links();
        at_ = std::any_of(links.begin(), links.end(), detail::endpoint_codec::leads_to_next) ? state::stuck
                                                                                             : state::ended;
        return;
    }
    if (filter_.after_cursor())
        cursors_.insert(*filter_.after_cursor());
    if (cursors_.contains(*cursor))
        at_ = state::stuck;
    else
        filter_.after_cursor(*cursor);
}

asio::awaitable<result<std::optional<endpoint_page>>> endpoint_pages::try_next() {
    using outcome = result<std::optional<endpoint_page>>;
    if (at_ == state::ended)
        co_return outcome(std::optional<endpoint_page>());
    if (at_ == state::stuck)
        co_return outcome(failure(
            errc::bad_json, "endpoints: the link to the next page has no cursor, or one that came before"));
    auto core = core_.lock();
    if (!core)
        co_return outcome(failure(errc::client_closed, "the client was destroyed"));
    operation<endpoint_page> reading(detail::prepare_list_endpoints(*core, filter_, options_));
    core.reset(); // the call does not keep the client
    auto read = co_await std::move(reading);
    if (read.has_error())
        co_return outcome(read.error());
    follow(*read);
    co_return outcome(std::optional<endpoint_page>(std::move(*read)));
}

asio::awaitable<std::optional<endpoint_page>> endpoint_pages::next() {
    auto read = co_await try_next();
    co_return std::move(read).value();
}

} // namespace bandwidth::webrtc::brtc
