#include <doctest/doctest.h>

#include <string>

#include "example/program.hpp"
#include "interop/nginx_process.hpp"

TEST_CASE("https_requests asks nginx with HEAD, then with many requests at once") {
    const auto nginx = interop::find_program("nginx");
    if (nginx.empty()) {
        MESSAGE("SKIPPED: nginx is not installed");
        return;
    }
    const interop::nginx_process server(nginx, 1'000'000);
    example::test::program started({HTTPS_REQUESTS, server.origin(), "/echo/page", server.ca_file()});
    CHECK(started.line("HEAD: ") == "200, 15 bytes of application/json");
    CHECK(started.line("GET: ").starts_with("100 of 100 answered over "));
    CHECK(started.wait() == 0);
}

TEST_CASE("https_requests says how it is called, and what failed") {
    example::test::program wrong({HTTPS_REQUESTS});
    CHECK(wrong.wait() == 2);
    example::test::program refused({HTTPS_REQUESTS, "http://example.com", "/"});
    CHECK(refused.wait() == 1);
}
