#include <bandwidth/webrtc/trace_context.hpp>
#include <string>

#include "core/http_grammar.hpp"
#include "fuzz/targets.hpp"

namespace fuzz {

void trace_context(std::string_view input) {
    namespace webrtc = bandwidth::webrtc;
    decisions choose(input);
    const auto parent = choose.piece();
    const auto state = choose.piece();
    const auto baggage = choose.rest();
    const auto read = webrtc::trace_context::parse(parent, state, baggage);
    if (!read)
        return;
    require(read->valid(), "what is read has ids");
    const auto text = read->traceparent();
    require(text.size() == 55 && text.starts_with("00-"), "it is written as version 00");
    const auto again = webrtc::trace_context::parse(text, read->tracestate(), read->baggage());
    require(again && again->traceparent() == text, "it reads the same when it is written again");
    require(again->tracestate() == read->tracestate() && again->baggage() == read->baggage(),
            "what goes with it reads the same");
    require(webrtc::detail::valid_field_value(read->tracestate()) &&
                webrtc::detail::valid_field_value(read->baggage()),
            "no line of a request ends in it");
    require(read->child().trace_id() == read->trace_id() && read->child().span_id() != read->span_id(),
            "a span below it is another one of its trace");
}

} // namespace fuzz
