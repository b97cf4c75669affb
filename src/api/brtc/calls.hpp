#pragma once

#include <bandwidth/webrtc/brtc/endpoint_page.hpp>
#include <bandwidth/webrtc/call_options.hpp>

#include "api/common/client_core.hpp"

namespace bandwidth::webrtc::detail {

/// The call for one page, which the client and its ranges make.
call_handle prepare_list_endpoints(client_core& by, const brtc::endpoint_filter& filter,
                                   const call_options& options);

} // namespace bandwidth::webrtc::detail
