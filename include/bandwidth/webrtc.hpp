#pragma once

/// \file
/// Everything a user of the library needs, but for what is included where it is used:
/// `connection_manager.hpp` (which needs Beast), `for_each_bounded.hpp`, `brtc/client.hpp`, `format.hpp` and
/// `fmt.hpp`. The loopback service for tests is in `testing/`.
#include <bandwidth/webrtc/bxml.hpp>
#include <bandwidth/webrtc/call_options.hpp>
#include <bandwidth/webrtc/call_timings.hpp>
#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/client_credentials.hpp>
#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/credentials.hpp>
#include <bandwidth/webrtc/device_api_version.hpp>
#include <bandwidth/webrtc/device_token.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/events.hpp>
#include <bandwidth/webrtc/group_conditions.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <bandwidth/webrtc/logger.hpp>
#include <bandwidth/webrtc/media.hpp>
#include <bandwidth/webrtc/metrics.hpp>
#include <bandwidth/webrtc/observer.hpp>
#include <bandwidth/webrtc/operation.hpp>
#include <bandwidth/webrtc/participant.hpp>
#include <bandwidth/webrtc/proxy.hpp>
#include <bandwidth/webrtc/response_info.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <bandwidth/webrtc/retry_policy.hpp>
#include <bandwidth/webrtc/service_error.hpp>
#include <bandwidth/webrtc/session.hpp>
#include <bandwidth/webrtc/stats.hpp>
#include <bandwidth/webrtc/subscriptions.hpp>
#include <bandwidth/webrtc/trace_context.hpp>
#include <bandwidth/webrtc/version.hpp>

/// All of the library but for what `brtc`, `bxml` and `testing` hold.
namespace bandwidth::webrtc {}
