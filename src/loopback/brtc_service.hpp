#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include "loopback/admission.hpp"
#include "loopback/emulated_clock.hpp"
#include "loopback/endpoint_store.hpp"
#include "loopback/http_request.hpp"
#include "loopback/http_response.hpp"
#include "loopback/jwt_signer.hpp"
#include "loopback/posted_event.hpp"
#include "loopback/route.hpp"

namespace bandwidth::webrtc::testing::detail {

/// Bandwidth's BRTC API for endpoints without sockets: a request in, a response out. `handle` and
/// `set_origin` belong to the server's strand; devices, documents and counts may be used from any thread.
class brtc_service {
public:
    brtc_service(const loopback_options& options, const emulated_clock& clock, admission& admitted);

    /// What stands before the path in the URLs of links. To be called before the first request.
    void set_origin(std::string origin) { origin_ = std::move(origin); }

    /// Where the events of endpoints go. To be called before anything else.
    void on_event(event_sink sink) { on_event_ = std::move(sink); }

    void handle(const route& asked, const http_request& request, http_response& response);

    /// Ends what is over by the clock; so do all functions below, and every request.
    void end_what_is_over();
    /// \returns the device's id; empty when there is no such endpoint
    std::string connect_device(std::string_view endpoint_id, std::string name);
    /// Without effect when there is no such endpoint, or no such device connected to it.
    void disconnect_device(std::string_view endpoint_id, std::string_view device_id);
    /// The last document that the endpoint was given.
    std::optional<std::string> bxml(std::string_view endpoint_id);
    std::size_t endpoint_count();

private:
    void run(const route& asked, const http_request& request, http_response& response);
    void create(const http_request& request, http_response& response);
    void list(const http_request& request, http_response& response);
    void get(endpoint_record& endpoint, http_response& response);
    void tell(const endpoint_record& endpoint, const device_record& device) const;
    void disconnect(endpoint_record& endpoint, device_record& device);
    void remove(endpoint_record& endpoint);
    void end_expired();
    std::string url_of(const endpoint_record& endpoint) const;
    std::string endpoints_url() const;
    std::string claims_of(const endpoint_record& endpoint) const;

    const emulated_clock& clock_;
    admission& admission_;
    const std::size_t max_endpoints_; // 0: as many as are created
    const endpoint_event_format event_format_;
    event_sink on_event_;
    jwt_signer signer_;
    std::string origin_ = "https://localhost";
    std::mutex mutex_;
    endpoint_store store_;
};

} // namespace bandwidth::webrtc::testing::detail
