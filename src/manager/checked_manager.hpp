#pragma once

#include <bandwidth/webrtc/connection_manager.hpp>
#include <memory>

#include "manager/manager_core.hpp"

namespace bandwidth::webrtc::detail {

/// A connection manager whose options were checked before.
struct checked_manager {
    /// \throws api_error (`errc::invalid_options`) when the executor cannot be used.
    static std::shared_ptr<connection_manager> make(const asio::any_io_executor& executor,
                                                    const manager_settings& settings) {
        return std::make_shared<connection_manager>(
            connection_manager(std::make_shared<manager_core>(executor, settings)));
    }
};

} // namespace bandwidth::webrtc::detail
