#include "loopback/emulation.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "loopback/brtc_json.hpp"

namespace bandwidth::webrtc::testing::detail {

namespace {

bool has_retry_after(const fault_rule& fault) {
    return std::any_of(
        fault.headers.begin(), fault.headers.end(),
        [](const auto& header) { return webrtc::detail::equals_ignoring_case(header.first, "Retry-After"); });
}

} // namespace

emulation::emulation(const loopback_options& options)
    : tokens_(options, clock_)
    , admission_(options, clock_, tokens_)
    , webrtc_(options, clock_, admission_)
    , brtc_(options, clock_, admission_)
    , token_endpoint_(tokens_) {}

void emulation::on_event(const event_sink& sink) {
    webrtc_.on_event(sink);
    brtc_.on_event(sink);
}

void emulation::end_what_is_over() {
    webrtc_.end_what_is_over();
    brtc_.end_what_is_over();
}

void emulation::handle(const http_request& request, http_response& response) {
    response.status = 200;
    response.content_type = "application/json";
    response.body.clear();
    find_route(request.method, request.target, route_);
    switch (route_.addressed) {
    case api::webrtc:
        webrtc_.handle(route_, request, response);
        break;
    case api::brtc:
        brtc_.handle(route_, request, response);
        break;
    case api::token_endpoint:
        token_endpoint_.handle(route_, request, response);
        break;
    }
}

void emulation::set_documented_response(const http_request& request, const fault_rule& fault,
                                        http_response& response) {
    const int status = *fault.status;
    find_route(request.method, request.target, route_);
    switch (route_.addressed) {
    case api::webrtc:
        set_standard_body(response, status);
        break;
    case api::brtc:
        set_brtc_error(response, status);
        if (status == 429 && !has_retry_after(fault))
            response.extra_headers += "Retry-After: 1\r\n";
        break;
    case api::token_endpoint:
        set_token_error(response, status);
        break;
    }
}

} // namespace bandwidth::webrtc::testing::detail
