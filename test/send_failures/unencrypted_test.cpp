#include <dlfcn.h>
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <string>

#include "client/warm_up.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// B12: TLS fails to encrypt a request, which is the end of its connection. `SSL_write_ex` is replaced in this
// program.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::count_of;
using support::options_for;
using testing::script;
using testing::scripted_server;

namespace {

std::atomic<int> writes_to_fail{0}; // by clients

} // namespace

extern "C" int SSL_write_ex(SSL* connection, const void* data, size_t size, size_t* written) {
    static auto* const real = reinterpret_cast<decltype(&::SSL_write_ex)>(::dlsym(RTLD_NEXT, "SSL_write_ex"));
    if (SSL_is_server(connection) == 0 && writes_to_fail > 0) {
        --writes_to_fail;
        return 0;
    }
    return real(connection, data, size, written);
}

TEST_CASE("B12: a request that TLS could not encrypt was not sent, and goes elsewhere at once") {
    for (const bool post : {false, true}) {
        CAPTURE(post);
        scripted_server server;
        server.add(script{}.expect_requests().send(support::session_response("warm")));
        server.otherwise(script{}.expect_requests().send(support::session_response("own")));
        asio::io_context context;
        client client(context, options_for(server).response_timeout(10min).timeout(20s));
        support::warm_up_with_session(context, client);
        writes_to_fail = 1;
        collector<session> results;
        if (post)
            client.try_create_session()(results.next());
        else
            client.try_get_session(session_id("own"))(results.next());
        results.wait(context);
        CHECK(writes_to_fail == 0);
        writes_to_fail = 0;
        REQUIRE_MESSAGE(results[0].has_value(), results[0].error().describe());
        CHECK(count_of(server.received(0), " HTTP/1.1\r\n") == 1); // what warmed it up
        CHECK(count_of(server.received(1), " HTTP/1.1\r\n") == 1);
        CHECK(client.stats().resends == 0);
        CHECK(client.stats().connections_closed == 1);
        CHECK(support::at_rest(client.stats()));
    }
}
