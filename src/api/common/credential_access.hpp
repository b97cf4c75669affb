#pragma once

#include <bandwidth/webrtc/credentials.hpp>
#include <memory>

#include "manager/token_store.hpp"

namespace bandwidth::webrtc::detail {

/// What is not for the callers to see of their credentials.
struct credential_access {
    /// Null where its value is always there.
    static std::shared_ptr<token_store> tokens(const credential_source& of) noexcept { return of.tokens(); }
};

} // namespace bandwidth::webrtc::detail
