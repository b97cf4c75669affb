#include <doctest/doctest.h>

#include <string>

#include "interop/nginx_process.hpp"
#include "support/child_process.hpp"

TEST_CASE("https_requests asks nginx with HEAD, then with many requests at once") {
    const auto nginx = interop::find_program("nginx");
    if (nginx.empty()) {
        MESSAGE("SKIPPED: nginx is not installed");
        return;
    }
    const interop::nginx_process server(nginx, 1'000'000);
    support::child_process started({HTTPS_REQUESTS, server.origin(), "/echo/page", server.ca_file()});
    CHECK(started.line("HEAD: ") == "200, 15 bytes of application/json");
    CHECK(started.line("GET: ").starts_with("100 of 100 answered over "));
    CHECK(started.wait() == 0);
}

TEST_CASE("https_requests says how it is called, and what failed") {
    support::child_process wrong({HTTPS_REQUESTS});
    CHECK(wrong.wait() == 2);
    support::child_process refused({HTTPS_REQUESTS, "http://example.com", "/"});
    CHECK(refused.wait() == 1);
}
