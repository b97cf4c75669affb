#pragma once

/// Everything a user of the library needs. The loopback service for tests is in bandwidth/webrtc/testing/.
#include <bandwidth/webrtc/bxml.hpp>
#include <bandwidth/webrtc/call_options.hpp>
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
#include <bandwidth/webrtc/media.hpp>
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
#include <bandwidth/webrtc/version.hpp>
