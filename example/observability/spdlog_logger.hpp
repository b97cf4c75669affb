#pragma once

#include <spdlog/logger.h>
#include <bandwidth/webrtc/logger.hpp>
#include <memory>

namespace example {

/// The client's lines in a logger of spdlog's, at the level that the latter has now; one that is set later can only
/// hold back more. Take an asynchronous logger (`spdlog::async_factory`): lines are written inside the client, which a
/// slow disk would hold up.
///
/// Thread safety: that of `to`, so one with a sink of the kind `_mt` where several threads run the client.
///
/// \param to not null
std::shared_ptr<bandwidth::webrtc::logger> make_spdlog_logger(std::shared_ptr<spdlog::logger> to);

} // namespace example
