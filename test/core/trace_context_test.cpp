#include <doctest/doctest.h>

#include <bandwidth/webrtc/trace_context.hpp>
#include <set>
#include <string>

// W3C Trace Context, sections 3.2 and 3.3.

using bandwidth::webrtc::trace_context;

namespace {

const std::string good_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

} // namespace

TEST_CASE("trace context: a traceparent is read and written") {
    const auto read = trace_context::parse(good_parent);
    REQUIRE(read);
    CHECK(read->valid());
    CHECK(read->trace_id_text() == "0af7651916cd43dd8448eb211c80319c");
    CHECK(read->span_id_text() == "b7ad6b7169203331");
    CHECK(read->is_sampled());
    CHECK(read->traceparent() == good_parent);
    CHECK(read->tracestate().empty());
    const auto unsampled = trace_context::parse(good_parent.substr(0, 53) + "00");
    REQUIRE(unsampled);
    CHECK_FALSE(unsampled->is_sampled());
}

TEST_CASE("trace context: flags that nobody knows are sent as zeros, and later versions as this one") {
    const auto flags = trace_context::parse(good_parent.substr(0, 53) + "ff");
    REQUIRE(flags);
    CHECK(flags->traceparent().substr(53) == "03");
    const auto later = trace_context::parse("cc" + good_parent.substr(2) + "-what-comes-later");
    REQUIRE(later);
    CHECK(later->traceparent() == good_parent);
    CHECK(trace_context::parse("01" + good_parent.substr(2)));
}

TEST_CASE("trace context: what is malformed is no context") {
    const std::string malformed[] = {
        "",
        "00",
        good_parent.substr(0, 54),
        good_parent + "-", // version 00 has no more
        good_parent + "0",
        "cc" + good_parent.substr(2) + "more", // without a dash
        "ff" + good_parent.substr(2),
        "0g" + good_parent.substr(2),
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", // upper case
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        " " + good_parent,
    };
    for (const auto& text : malformed) {
        CAPTURE(text);
        CHECK_FALSE(trace_context::parse(text));
    }
}

TEST_CASE(
    "trace context: tracestate and baggage go on where they are well formed, else alone they are dropped") {
    const auto state_of = [](const std::string& state) {
        const auto read = trace_context::parse(good_parent, state, "a=b;p=1,c=d");
        REQUIRE(read);
        CHECK(read->baggage() == "a=b;p=1,c=d");
        return read->tracestate();
    };
    CHECK(state_of("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE") == "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    CHECK(state_of("  a@b/c*d-e_f=1 ,, b=2\t") == "a@b/c*d-e_f=1 ,, b=2");
    for (const std::string bad : {"novalue", "=1", "A=1", "a=", "a=b=c", "a=\x01", "a b=1", "a=1,b"}) {
        CAPTURE(bad);
        CHECK(state_of(bad).empty());
    }
    std::string members = "k0=v";
    for (int i = 1; i < 32; ++i)
        members += ",k" + std::to_string(i) + "=v";
    CHECK(state_of(members) == members);
    CHECK(state_of(members + ",one=more").empty());
    const std::string long_key(257, 'k');
    CHECK(state_of(long_key + "=v").empty());

    const auto no_baggage = trace_context::parse(good_parent, "a=1", "x=1\r\nX-Injected: yes");
    REQUIRE(no_baggage);
    CHECK(no_baggage->baggage().empty());
    CHECK(no_baggage->tracestate() == "a=1");
    CHECK(trace_context::parse(good_parent, {}, std::string(9'000, 'x'))->baggage().empty());
}

TEST_CASE("trace context: new traces and spans have ids that nobody else has") {
    std::set<std::string> traces;
    std::set<std::string> spans;
    for (int i = 0; i < 1'000; ++i) {
        const auto made = trace_context::start(i % 2 == 0);
        CHECK(made.valid());
        CHECK(made.is_sampled() == (i % 2 == 0));
        traces.insert(made.trace_id_text());
        const auto below = made.child();
        CHECK(below.trace_id() == made.trace_id());
        CHECK(below.is_sampled() == made.is_sampled());
        spans.insert(made.span_id_text());
        spans.insert(below.span_id_text());
    }
    CHECK(traces.size() == 1'000);
    CHECK(spans.size() == 2'000);
    CHECK_FALSE(trace_context().valid());
    CHECK(trace_context({1}, {2}, true).traceparent() ==
          "00-01000000000000000000000000000000-0200000000000000-01");
    const auto with_state = trace_context::parse(good_parent, "a=1", "b=2");
    REQUIRE(with_state);
    CHECK(with_state->child().tracestate() == "a=1");
    CHECK(with_state->child().baggage() == "b=2");
}
