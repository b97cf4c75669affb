#pragma once

#include <string>
#include <string_view>

#include "loopback/endpoint_store.hpp"
#include "loopback/store.hpp"

namespace bandwidth::webrtc::testing::detail {

/// An event of a participant's device, as Bandwidth's page on the older API's webhooks has it.
/// \param name "onConnect", "onDisconnect" or "onLeave"
std::string participant_event(std::string_view name, const participant_record& participant, date now);

/// That a device of an endpoint has connected or gone, as the OpenAPI description has it.
std::string endpoint_event(const endpoint_record& endpoint, const device_record& device, date now);
/// The same as Bandwidth's page on BRTC's webhooks has it.
std::string endpoint_event_of_webhooks_page(std::string_view account, const endpoint_record& endpoint,
                                            const device_record& device, date now);

} // namespace bandwidth::webrtc::testing::detail
