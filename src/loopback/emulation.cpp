#include "loopback/emulation.hpp"

#include "loopback/brtc_json.hpp"

namespace bandwidth::webrtc::testing::detail {

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

void emulation::set_documented_body(const http_request& request, int status, http_response& response) {
    find_route(request.method, request.target, route_);
    switch (route_.addressed) {
    case api::webrtc:
        set_standard_body(response, status);
        break;
    case api::brtc:
        set_brtc_error(response, status);
        break;
    case api::token_endpoint:
        set_token_error(response, status);
        break;
    }
}

} // namespace bandwidth::webrtc::testing::detail
