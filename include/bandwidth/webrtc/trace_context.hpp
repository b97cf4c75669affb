#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc {

/// The place of a piece of work in a distributed trace, as W3C Trace Context
/// (https://www.w3.org/TR/trace-context/) sends it in `traceparent`, `tracestate` and `baggage`. Give the one
/// of your own span to `call_options::trace`; each attempt of the call is then sent with a span id of its
/// own, below that one.
///
/// Thread safety: distinct objects safe, a shared object safe for reading.
class trace_context {
public:
    /// The 16 bytes of a trace id.
    using trace_id_type = std::array<std::uint8_t, 16>;
    /// The 8 bytes of a span id (the parent-id of the specification).
    using span_id_type = std::array<std::uint8_t, 8>;

    /// No context: not `valid()`.
    trace_context() = default;
    /// A context of these ids, without tracestate and baggage; not `valid()` where one of them is all zeros.
    trace_context(const trace_id_type& trace, const span_id_type& span, bool is_sampled)
        : trace_id_(trace), span_id_(span), flags_(is_sampled ? sampled_flag : 0) {}

    /// What a request brought. Nothing where `traceparent` is malformed, of version ff, or has an id of
    /// zeros. A later version is read as this one. A malformed `tracestate` or `baggage`, one over 8 KiB, and
    /// a tracestate of more than 32 members are left out; the rest is of use without them (W3C Trace Context,
    /// section 3.3).
    [[nodiscard]] static std::optional<trace_context> parse(std::string_view traceparent,
                                                            std::string_view tracestate = {},
                                                            std::string_view baggage = {});
    /// A new trace with random ids, by OpenSSL's generator. Its flags in `traceparent` are 03: sampled, and
    /// random trace id; 02 where it is not sampled. The second flag is of level 2 of the specification, and
    /// says that the last seven bytes of the trace's id are random, so that others may sample by them.
    [[nodiscard]] static trace_context start(bool is_sampled = true);

    /// Whether both ids are there, none of them of zeros.
    [[nodiscard]] bool valid() const noexcept;
    /// The id of the trace.
    [[nodiscard]] const trace_id_type& trace_id() const noexcept { return trace_id_; }
    /// The id of the span.
    [[nodiscard]] const span_id_type& span_id() const noexcept { return span_id_; }
    /// Whether whoever has begun the trace records it.
    [[nodiscard]] bool is_sampled() const noexcept { return (flags_ & sampled_flag) != 0; }
    /// The id of the trace in 32 hexadecimal digits, lower case.
    [[nodiscard]] std::string trace_id_text() const;
    /// The id of the span in 16 hexadecimal digits, lower case.
    [[nodiscard]] std::string span_id_text() const;
    /// The value of the field `traceparent`, of version 00: 55 characters.
    [[nodiscard]] std::string traceparent() const;
    /// The value of the field `tracestate` as it was read; empty where there is none.
    [[nodiscard]] const std::string& tracestate() const noexcept { return tracestate_; }
    /// The value of the field `baggage` as it was read; empty where there is none.
    [[nodiscard]] const std::string& baggage() const noexcept { return baggage_; }

    /// The same with another span id: work below this one.
    [[nodiscard]] trace_context with_span(const span_id_type& span) const;
    /// As above, the id random.
    [[nodiscard]] trace_context child() const;

private:
    static constexpr std::uint8_t sampled_flag = 1;

    trace_id_type trace_id_{};
    span_id_type span_id_{};
    std::uint8_t flags_ = 0; // those that this version knows: sampled, random trace id
    std::string tracestate_;
    std::string baggage_;
};

} // namespace bandwidth::webrtc
