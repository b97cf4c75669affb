#include "bulk/job/lost_endpoints.hpp"

#include "bulk/job/endpoint_checks.hpp"
#include "bulk/job/inventory.hpp"

#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <string>
#include <system_error>
#include <vector>

namespace bandwidth::webrtc::bulk {

namespace asio = boost::asio;

namespace {

constexpr std::size_t deletions_at_once = 32;

} // namespace

bool is_tag_of(std::string_view tag, share items, std::uint64_t nonce) {
    const auto prefix = tag_prefix(nonce);
    if (!tag.starts_with(prefix))
        return false;
    tag.remove_prefix(prefix.size());
    std::size_t number = 0;
    const char* const end = tag.data() + tag.size();
    const auto [rest, error] = std::from_chars(tag.data(), end, number);
    return error == std::errc() && rest == end && number >= items.first && number - items.first < items.count;
}

asio::awaitable<lost_endpoints> delete_lost_endpoints(brtc::client& client, share endpoints,
                                                      std::uint64_t nonce) {
    lost_endpoints found;
    std::vector<endpoint_id> lost;
    // All pages first: a page could begin elsewhere when endpoints before it are deleted.
    auto pages = client.list_all_endpoints(brtc::endpoint_filter().limit(largest_endpoint_page));
    for (bool more = true; more;) {
        const auto page = co_await pages.try_next();
        if (page.has_error()) {
            found.error = page.error();
            co_return found;
        }
        const brtc::endpoint_page& read = **page; // there is one, since the last one had a cursor
        for (const auto& one : read.endpoints())
            if (is_tag_of(one.tag().value_or(std::string()), endpoints, nonce))
                lost.push_back(one.id());
        more = read.next_cursor().has_value();
    }
    auto delete_one = [&client](const endpoint_id& id) { return client.try_delete_endpoint(id); };
    auto note = [&found](const auto& one) {
        if (!one.outcome.has_error())
            ++found.deleted;
        else if (one.outcome.error().code() != condition::not_found && !found.error)
            found.error = one.outcome.error();
    };
    const auto executor = co_await asio::this_coro::executor;
    co_await for_each_bounded(executor, lost, deletions_at_once, delete_one, note, asio::use_awaitable);
    co_return found;
}

} // namespace bandwidth::webrtc::bulk
