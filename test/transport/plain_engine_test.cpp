#include "transport/plain_engine.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

// No TLS: bytes come out as they go in.

using bandwidth::webrtc::detail::plain_engine;
using bandwidth::webrtc::detail::stream_end;
using status = plain_engine::status;

TEST_CASE("without TLS what is written goes onto the wire as it is, and there is no handshake") {
    plain_engine engine;
    CHECK(engine.handshake() == status::ok);
    CHECK(engine.output().empty());
    CHECK(engine.write("one ") == status::ok);
    CHECK(engine.write("two") == status::ok);
    engine.close_notify();
    engine.release_buffers(); // which takes nothing that has not been sent
    CHECK(engine.output() == "one two");
    CHECK_FALSE(engine.resumed());
    CHECK(engine.without_close_notify() == stream_end::closed);
}

TEST_CASE("without TLS what comes is read as it is, in as many pieces as the buffer makes of it") {
    plain_engine engine;
    std::array<char, 4> buffer{};
    std::size_t size = 99;
    CHECK(engine.read(buffer.data(), buffer.size(), size) == status::want_input);
    CHECK(size == 0);
    const std::string bytes = "123456789";
    engine.input(bytes);
    std::string read;
    status last = status::ok;
    while (last == status::ok) {
        last = engine.read(buffer.data(), buffer.size(), size);
        read.append(buffer.data(), size);
    }
    CHECK(last == status::want_input);
    CHECK(read == bytes);
}
