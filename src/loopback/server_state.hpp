#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

#include <bandwidth/webrtc/testing/loopback_options.hpp>

#include "loopback/emulation.hpp"
#include "loopback/event_poster.hpp"
#include "loopback/fault_plan.hpp"
#include "loopback/observation.hpp"
#include "loopback/openssl.hpp"
#include "loopback/request_metrics.hpp"
#include "loopback/uuid_source.hpp"

namespace bandwidth::webrtc::testing::detail {

class http_connection;

/// What all connections of one loopback server share. Faults, observation, events and the counts of the
/// services may be used from any thread, everything else on the server's strand alone.
struct server_state {
    /// \param executor the server's strand
    server_state(const loopback_options& options, const boost::asio::any_io_executor& executor,
                 openssl_ptr<SSL_CTX> server_context)
        : tls(std::move(server_context))
        , events(std::make_shared<event_poster>(executor, options))
        , api(options)
        , seen(options.record_requests())
        , delay(options.delay())
        , requests_per_connection(options.requests_per_connection())
        , on_response(options.on_response()) {
        api.on_event([poster = events](posted_event event) { poster->post(std::move(event)); });
        if (options.metrics())
            metrics.emplace();
    }

    loopback_stats snapshot() const {
        auto now = seen.snapshot();
        now.tokens_issued = api.tokens_issued();
        now.tokens_refused = api.tokens_refused();
        now.events_delivered = events->delivered();
        now.event_posts_failed = events->failed_posts();
        now.events_dropped = events->dropped();
        return now;
    }

    const openssl_ptr<SSL_CTX> tls;
    const std::shared_ptr<event_poster> events;
    emulation api;
    fault_plan faults;
    observation seen;
    std::optional<request_metrics> metrics; // where they were asked for
    uuid_source request_ids;
    const std::chrono::nanoseconds delay;
    const std::size_t requests_per_connection;
    const loopback_options::response_function on_response;
    std::unordered_set<http_connection*> connections; // those that are open
    // One for all: a connection has used up what it read before the next one reads.
    std::array<char, 65536> read_buffer{};
};

} // namespace bandwidth::webrtc::testing::detail
