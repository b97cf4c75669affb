#include <doctest/doctest.h>

#include <bandwidth/webrtc/brtc/endpoint.hpp>
#include <bandwidth/webrtc/fmt.hpp>
#include <bandwidth/webrtc/format.hpp>
#include <string>
#include <utility>
#include <vector>
#if __has_include(<fmt/std.h>)
#include <fmt/std.h> // it has a formatter for every exception
#endif

// The same checks for std::format, where there is one, and for {fmt}, where it is installed.

using namespace bandwidth::webrtc;

namespace {

/// Converts to an id, and is none.
struct looks_like_an_id {
    operator session_id() const { return session_id("x"); }
};

static_assert(detail::has_formatted_text<session_id>);
static_assert(!detail::has_formatted_text<looks_like_an_id>);
static_assert(!detail::has_formatted_text<device_api_version::known_version>);
static_assert(!detail::has_formatted_text<std::string>);
static_assert(!detail::has_formatted_text<error_code>);

failure some_failure() {
    detail::failure_state state;
    state.code = make_http_error(404);
    state.http_status = 404;
    state.message = "no such session";
    state.request_id = "abc";
    return failure(state);
}

/// `format` formats one value: `format("{:>5}", value)`.
template <class Format>
void check_formats(const Format& format) {
    CHECK(format("{}", session_id("room")) == "room");
    CHECK(format("{:>6}|", participant_id("a")) == "     a|");
    CHECK(format("{:>6}|", endpoint_id("e-1")) == "   e-1|");
    CHECK(format("{:<4}|", device_id("d-1")) == "d-1 |");
    CHECK(format("{}", voice_call_id("c-1")) == "c-1");
    CHECK(format("{:*<4.2}", session_id("room")) == "ro**");
    CHECK(format("{:s}", session_id("room")) == "room");
    CHECK(format("[{}]", session_id()) == "[]");
    CHECK(format("{}", device_api_version(device_api_version::v3)) == "V3");
    CHECK(format("{}", participant_token("secret")) == "[redacted]");
    CHECK(format("{}", brtc::endpoint_token("secret")) == "[redacted]");
    CHECK(format("{:>7}|", brtc::endpoint().type(brtc::endpoint_type::webrtc).type()) == " WEBRTC|");
    CHECK(format("{}", brtc::open_enum<brtc::endpoint_direction>("SIDEWAYS")) == "SIDEWAYS");
    CHECK(format("{:_^10}", delivery::not_sent) == "_not_sent_");
    CHECK(format("{}", errc::queue_full) == make_error_code(errc::queue_full).message());
    CHECK(format("{}", condition::timeout) == make_error_condition(condition::timeout).message());
    const auto failed = some_failure();
    CHECK(format("{}", failed) == failed.describe());
    CHECK(format("{}", failed).find("no such session") != std::string::npos);
    CHECK(format("{}", api_error(failed)) == failed.describe());
}

} // namespace

#ifdef __cpp_lib_format
TEST_CASE("std::format knows ids and errors, with the format specification of a string") {
    check_formats([](std::string_view text, const auto& value) {
        return std::vformat(text, std::make_format_args(value));
    });
    CHECK(std::format("{} {:>4}", session_id("a"), participant_id("b")) ==
          "a    b"); // checked by the compiler
}
#endif

#ifdef FMT_VERSION
TEST_CASE("fmt knows ids and errors, with the format specification of a string") {
    check_formats([](std::string_view text, const auto& value) {
        return fmt::vformat(fmt::string_view(text.data(), text.size()), fmt::make_format_args(value));
    });
    CHECK(fmt::format("{} {:>4}", session_id("a"), participant_id("b")) ==
          "a    b"); // checked by the compiler
}
#endif
