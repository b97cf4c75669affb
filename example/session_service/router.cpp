#include "session_service/router.hpp"

#include <boost/json/serialize.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "session_service/metrics_page.hpp"

namespace example {

namespace {

std::string_view to_view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Where the caller has a trace this request goes on with it, with a span of its own. Its baggage stays here: it may hold
// what is nobody else's business, and the calls go to another company.
webrtc::trace_context trace_of(const http_request& request) {
    const auto callers =
        webrtc::trace_context::parse(to_view(request["traceparent"]), to_view(request["tracestate"]));
    return callers ? callers->child() : webrtc::trace_context::start();
}

http_response make_status(http::status status, std::string_view text) {
    http_response response(status, 11);
    response.set(http::field::content_type, "application/json");
    response.set(http::field::cache_control, "no-store");
    json::object body;
    body["status"] = text;
    response.body() = json::serialize(body) + "\n";
    return response;
}

} // namespace

asio::awaitable<http_response> router::respond(const http_request& request) {
    const std::string_view target = to_view(request.target());
    const bool reads = request.method() == http::verb::get;
    http_response response;
    if (reads && target == "/healthz") {
        response = make_status(http::status::ok, "alive");
    } else if (reads && target == "/readyz") {
        response = is_ready();
    } else if (reads && target == "/metrics") {
        response = metrics();
    } else {
        const auto started = std::chrono::steady_clock::now();
        const auto trace = trace_of(request);
        const auto options = webrtc::call_options{}.trace(trace);
        response = co_await rooms_.respond(request, options);
        write_line(request, response, trace, std::chrono::steady_clock::now() - started);
    }
    co_return response;
}

http_response router::is_ready() {
    const auto state = ready_.state(client_.stats(), std::chrono::steady_clock::now());
    return make_status(state == readiness_state::ready ? http::status::ok : http::status::service_unavailable,
                       to_string(state));
}

http_response router::metrics() const {
    const auto page = metrics_page(measured_, client_);
    if (!page)
        return make_status(http::status::not_found, "built without prometheus-cpp");
    http_response response(http::status::ok, 11);
    response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    response.body() = *page;
    return response;
}

void router::write_line(const http_request& request, const http_response& response,
                        const webrtc::trace_context& trace, std::chrono::steady_clock::duration took) {
    json::object fields;
    fields["method"] = printable(to_view(request.method_string()));
    const auto target = to_view(request.target());
    fields["path"] = printable(target.substr(0, target.find('?')));
    fields["status"] = response.result_int();
    fields["duration_ms"] = std::chrono::duration<double, std::milli>(took).count();
    fields["trace_id"] = trace.trace_id_text();
    log_.write(webrtc::log_level::info, "request", fields);
}

} // namespace example
