#pragma once

#include <bandwidth/webrtc/connection_manager.hpp>
#include <optional>
#include <string>

#include "pool/call.hpp"

namespace bandwidth::webrtc::detail {

/// A call whose request and response are messages of Beast. A response of any status is a success.
class message_call final : public call {
public:
    message_call(const std::shared_ptr<pool>& home, boost::intrusive_ptr<call_group> group);

    /// Takes the request in, or says why it cannot be sent.
    [[nodiscard]] std::optional<std::string> set_request(const connection_manager::request_type& message,
                                                         const call_options& options);

    settled settle(const response& received, std::chrono::nanoseconds elapsed) override;
    void settle(failure reason) override;
    failure* reason() override { return reason_.code() ? &reason_ : nullptr; }
    void recycle() noexcept override;

    /// Of a call that succeeded. It is made here, on the caller's executor, and not in the pool's cycle.
    connection_manager::response_type take_response();

private:
    std::vector<std::string> secrets() const;

    int status_ = 0;
    bool http_1_1_ = true;
    std::string fields_; ///< "name: value" and a line feed each
    std::string body_;
    failure reason_;
};

} // namespace bandwidth::webrtc::detail
