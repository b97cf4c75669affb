#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <memory>
#include <utility>

#include "http1/request_encoder.hpp"
#include "policy/token_lifecycle.hpp"

namespace bandwidth::webrtc::detail {

class token_store;
class token_subscription;

/// What the calls of one client on one pool have in common, so that several clients can share the pool: how
/// their requests are written, and whether the client takes calls. Each call that is in use owns it, and so does
/// the client. After construction it belongs to the strand of the pool.
///
/// | state    | takes calls | left by                                                       |
/// |----------|-------------|---------------------------------------------------------------|
/// | open     | yes         | `scheduler::close` or a drain of the group                    |
/// | draining | no          | the last call's completion; the drain's deadline; a `close`   |
/// | closed   | no          |                                                               |
///
/// When the whole pool drains or closes it refuses calls whatever the state of their group.
class call_group : public boost::intrusive_ref_counter<call_group> {
public:
    enum class state : unsigned char { open, draining, closed };

    explicit call_group(request_encoder of) : encoder(std::move(of)) {}
    virtual ~call_group() = default;
    call_group(const call_group&) = delete;
    call_group& operator=(const call_group&) = delete;

    request_encoder encoder;
    state status = state::open;   ///< only the scheduler changes it
    std::size_t active_calls = 0; ///< queued, in flight or paused

    std::shared_ptr<token_store> tokens;              ///< null: its credentials need not be fetched
    std::shared_ptr<token_subscription> subscription; ///< to these, the host's; while `follows_token` is set
    token_view token;                                 ///< of these, as it was when the scheduler last looked
    bool follows_token = false;                       ///< it is among the scheduler's `token_groups_`
};

} // namespace bandwidth::webrtc::detail
