#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/stream_engine.hpp"
#include "transport/tls_engine.hpp"

namespace bandwidth::webrtc::detail {

/// TLS to a proxy, which carries the bytes of another engine: TLS in TLS.
class layered_engine final : public stream_engine {
public:
    /// \param context of the TLS connection to the proxy
    /// \param host the proxy's
    layered_engine(std::shared_ptr<tls_context> context, const std::string& host,
                   std::unique_ptr<stream_engine> inner);

    void input(std::string_view bytes) noexcept override { outer_.input(bytes); }
    status handshake() override;
    status read(char* buffer, std::size_t capacity, std::size_t& size) override;
    status write(std::string_view plain) override;
    void close_notify() override;
    void release_buffers() noexcept override;

    std::string& output() noexcept override { return outer_.output(); }
    bool resumed() const noexcept override { return inner_->resumed(); }
    bool rejected() const noexcept override { return inner_->rejected(); }
    bool at_proxy() const noexcept override { return !outer_done_ || inner_->at_proxy(); }
    stream_end without_close_notify() const noexcept override { return inner_->without_close_notify(); }
    error_code code() const noexcept override { return outer_failed_ ? outer_.code() : inner_->code(); }
    const std::string& text() const noexcept override {
        return outer_failed_ ? outer_.text() : inner_->text();
    }

private:
    status of_outer(status value) noexcept;
    status receive();
    status carry(status of_inner);

    std::shared_ptr<tls_context> context_; // outlives the engine
    tls_engine outer_;
    std::unique_ptr<stream_engine> inner_;
    std::vector<char> received_; // decrypted, for `inner_`; without memory while there is nothing in it
    bool outer_done_ = false;
    bool outer_failed_ = false;
};

} // namespace bandwidth::webrtc::detail
