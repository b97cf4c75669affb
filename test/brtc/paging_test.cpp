#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <optional>

#include "brtc/trial.hpp"
#include "support/text.hpp"

// All pages of a list, whatever the service links to.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using support::wait_for;
using test::page;

namespace {

using lines = std::vector<std::string>;
const std::string target = "GET /v2/accounts/5500123/endpoints";

/// The ids on all pages, a bar behind each page.
asio::awaitable<void> read_all(brtc::endpoint_pages& pages, std::string& seen) {
    auto next = co_await pages.next();
    while (next) {
        for (const auto& one : next->endpoints())
            seen += one.id().value();
        seen += '|';
        next = co_await pages.next();
    }
}

struct outcome {
    std::string seen;
    failure reason;
    lines sent;
};

/// What comes of reading all that the server responds with.
outcome read_pages(const lines& responses, const brtc::endpoint_filter& filter = {}) {
    test::scripted_server server;
    server.add(test::responding(responses));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    auto pages = client.list_all_endpoints(filter);
    outcome all;
    try {
        support::run_coroutine(context, read_all(pages, all.seen));
    } catch (const api_error& error) {
        all.reason = error.failure();
    }
    all.sent = test::lines_of(server);
    CHECK(server.connections() == 1);
    return all;
}

error_code code_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
        return error.code();
    }
}

asio::awaitable<void> keep_next(brtc::endpoint_pages& pages,
                                std::optional<result<std::optional<brtc::endpoint_page>>>& kept) {
    auto next = co_await pages.try_next();
    kept.emplace(std::move(next));
}

result<std::optional<brtc::endpoint_page>> next_of(asio::io_context& context, brtc::endpoint_pages& pages) {
    std::optional<result<std::optional<brtc::endpoint_page>>> kept;
    support::run_coroutine(context, keep_next(pages, kept));
    return std::move(*kept);
}

} // namespace

TEST_CASE("a range reads one page after the other, until none follows") {
    const auto all = read_pages({page({"a", "b"}, "one"), page({"c", "d"}, "two"), page({"e"})},
                                brtc::endpoint_filter{}.status(brtc::connection_status::connected).limit(2));
    CHECK(all.seen == "ab|cd|e|");
    CHECK_FALSE(all.reason.code());
    CHECK(all.sent == lines{target + "?status=CONNECTED&limit=2",
                            target + "?status=CONNECTED&afterCursor=one&limit=2",
                            target + "?status=CONNECTED&afterCursor=two&limit=2"});
}

TEST_CASE("a range begins where its filter says") {
    CHECK(read_pages({page({"c"})}, brtc::endpoint_filter{}.after_cursor("b")).sent ==
          lines{target + "?afterCursor=b"});
}

TEST_CASE("the documented cursor goes back as it came, its padding encoded or not") {
    for (const char* const cursor :
         {"TWF5IHRoZSBmb3JjZSBiZSB3aXRoIHlvdQ==", "TWF5IHRoZSBmb3JjZSBiZSB3aXRoIHlvdQ%3D%3d"})
        CHECK(read_pages({page({"a"}, cursor), page({})}).sent.back() ==
              target + "?afterCursor=TWF5IHRoZSBmb3JjZSBiZSB3aXRoIHlvdQ%3D%3D");
    CHECK(read_pages({page({"a"}, "a+b/c%2B%zz%4"), page({})}).sent.back() ==
          target + "?afterCursor=a%2Bb%2Fc%2B%25zz%254");
    CHECK(read_pages({page({"a"}, "a#b&x"), page({})}).sent.back() == target + "?afterCursor=a");
}

TEST_CASE("a link to another host leads nowhere but to the next page of this one") {
    for (const char* const origin :
         {"https://evil.example", "http://localhost:1", "//evil.example", "", "javascript:alert(1)"}) {
        const auto all = read_pages({page({"a"}, "one", origin), page({"b"})});
        CHECK(all.seen == "a|b|");
        CHECK(all.sent.back() == target + "?afterCursor=one");
    }
}

TEST_CASE("a cursor that repeats is an error behind the pages that came, and no endless loop") {
    const auto at_once = read_pages({page({"a"}, "one"), page({"b"}, "one")});
    CHECK(at_once.seen == "a|b|");
    CHECK(at_once.reason.code() == errc::bad_json);
    CHECK(support::names(at_once.reason.message(), "cursor"));
    CHECK(at_once.sent.size() == 2);
    const auto in_a_circle = read_pages({page({"a"}, "one"), page({"b"}, "two"), page({"c"}, "one")});
    CHECK(in_a_circle.seen == "a|b|c|");
    CHECK(in_a_circle.reason.code() == errc::bad_json);
    CHECK(in_a_circle.sent.size() == 3);
    const auto its_own = read_pages({page({"a"}, "b")}, brtc::endpoint_filter{}.after_cursor("b"));
    CHECK(its_own.reason.code() == errc::bad_json);
    CHECK(its_own.sent.size() == 1);
}

TEST_CASE("an empty page in the middle does not end a range") {
    CHECK(read_pages({page({"a"}, "one"), page({}, "two"), page({"b"})}).seen == "a||b|");
}

TEST_CASE("a page of another size than asked for is as good as any") {
    CHECK(read_pages({page({"a", "b", "c"}, "one"), page({"d"})}, brtc::endpoint_filter{}.limit(2)).seen ==
          "abc|d|");
}

TEST_CASE("a page without links, or with others, is the last one") {
    const auto one = R"("data":[{"endpointId":"a"}],"errors":[]})";
    for (const char* const start :
         {"{", R"({"links":null,)", R"({"links":[],)", R"({"links":[{}],)",
          R"({"links":[{"rel":"self","href":"/endpoints?afterCursor=x"}],)",
          R"({"links":[{"rel":"next","href":""}],)", R"({"links":[{"rel":"next","href":null}],)"})
        CHECK(read_pages({support::http_response(200, std::string(start) + one)}).seen == "a|");
    CHECK(read_pages({"HTTP/1.1 204 No Content\r\n\r\n"}).seen == "|");
}

TEST_CASE("a link to the next page that has no cursor costs that page alone, not the one that has it") {
    const std::string unlinked = support::http_response(
        200,
        R"({"links":[{"rel":"next","href":"/endpoints?limit=2"}],"data":[{"endpointId":"a"}],"errors":[]})");
    const auto all = read_pages({unlinked});
    CHECK(all.seen == "a|");
    CHECK(all.reason.code() == errc::bad_json);
    CHECK(support::names(all.reason.message(), "cursor"));
    CHECK(all.sent.size() == 1);
    test::scripted_server server;
    server.add(test::responding({unlinked}));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    const auto by_hand = wait_for(context, client.try_list_endpoints());
    REQUIRE(by_hand.has_value());
    CHECK(by_hand->endpoints().size() == 1);
    CHECK_FALSE(by_hand->next_cursor().has_value());
    CHECK(by_hand->links().size() == 1);
}

TEST_CASE("after an error a range asks for the same page again, and after its end for none") {
    test::scripted_server server;
    server.add(test::responding({page({"a"}, "one"), support::http_response(500, ""), page({"b"})}));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    auto pages = client.list_all_endpoints();
    CHECK(next_of(context, pages).value()->endpoints().size() == 1);
    CHECK(next_of(context, pages).error().http_status() == 500);
    CHECK(next_of(context, pages).value()->endpoints()[0].id() == endpoint_id("b"));
    for (int i = 0; i < 2; ++i)
        CHECK_FALSE(next_of(context, pages).value().has_value());
    CHECK(test::lines_of(server) == lines{target, target + "?afterCursor=one", target + "?afterCursor=one"});
}

TEST_CASE("a range fails as a call does: refused, without its client, or with a client that was closed") {
    test::scripted_server server;
    asio::io_context context;
    std::optional<brtc::client> client(std::in_place, context, test::options_for(server));
    auto refused = client->list_all_endpoints(brtc::endpoint_filter{}.limit(0));
    CHECK(next_of(context, refused).error().code() == errc::invalid_argument);
    auto pages = client->list_all_endpoints();
    brtc::client moved = std::move(*client);
    moved.close();
    CHECK(next_of(context, pages).error().code() == errc::client_closed);
    client.reset();
    CHECK(next_of(context, pages).error().code() == errc::client_closed);
    moved = brtc::client(context, test::options_for(server)); // ends the one that the range had
    const auto orphaned = next_of(context, pages);
    CHECK(orphaned.error().code() == errc::client_closed);
    CHECK(orphaned.error().message() == "the client was destroyed");
}

TEST_CASE("a client that is destroyed ends the call of a range that is in progress") {
    test::scripted_server server;
    server.add(test::script{}.expect_requests().hold());
    asio::io_context context;
    std::optional<brtc::client> client(std::in_place, context, test::options_for(server));
    auto pages = client->list_all_endpoints();
    std::optional<result<std::optional<brtc::endpoint_page>>> kept;
    asio::co_spawn(
        context, keep_next(pages, kept), [](std::exception_ptr) {});
    support::run_until(context, [&] { return client->stats().in_flight == 1; });
    client.reset();
    support::run_until(context, [&] { return kept.has_value(); });
    CHECK(kept->error().code() == errc::client_closed);
}

TEST_CASE("the call of a range is cancelled as any other, and the page can be asked for again") {
    test::scripted_server server;
    server.add(test::script{}.expect_requests().hold().send(page({"a"})).expect_requests().send(page({"a"})));
    asio::io_context context;
    brtc::client client(context, test::options_for(server));
    auto pages = client.list_all_endpoints();
    std::optional<result<std::optional<brtc::endpoint_page>>> kept;
    asio::cancellation_signal signal;
    bool done = false;
    std::exception_ptr thrown;
    const auto finished = [&done, &thrown](std::exception_ptr reason) {
        done = true;
        thrown = std::move(reason);
    };
    asio::co_spawn(context, keep_next(pages, kept), asio::bind_cancellation_slot(signal.slot(), finished));
    support::run_until(context, [&] { return client.stats().in_flight == 1; });
    signal.emit(asio::cancellation_type::terminal);
    support::run_until(context, [&] { return done; });
    // A coroutine of Asio that was cancelled throws from its next await, so the result may not be kept.
    CHECK(kept.has_value() == (thrown == nullptr));
    if (kept) {
        REQUIRE(kept->has_error());
        CHECK(kept->error().code() == errc::cancelled);
    } else {
        REQUIRE(thrown != nullptr);
        CHECK(code_of(thrown) == asio::error::operation_aborted);
    }
    REQUIRE(server.wait_until_held(0, std::chrono::seconds(10)));
    server.release(0);
    CHECK(next_of(context, pages).value()->endpoints().size() == 1);
}
