#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "transport/proxy_handshake.hpp"
#include "transport/stream_engine.hpp"

namespace bandwidth::webrtc::detail {

/// Another engine, behind the handshake with a proxy: first a `proxy_handshake`, and when that is done all is
/// the other engine's, so that nothing is copied for the tunnel.
class tunnel_engine final : public stream_engine {
public:
    tunnel_engine(std::shared_ptr<const proxy_route> route, std::unique_ptr<stream_engine> inner)
        : inner_(std::move(inner)), proxy_(std::in_place, std::move(route)) {
        output() += proxy_->begin();
    }

    void input(std::string_view bytes) noexcept override {
        if (proxy_)
            from_proxy_ = bytes;
        else
            inner_->input(bytes);
    }
    status handshake() override {
        if (proxy_) {
            output() += proxy_->receive(from_proxy_);
            if (proxy_->now() == proxy_handshake::state::failed)
                return status::failed;
            if (proxy_->now() != proxy_handshake::state::open)
                return status::want_input;
            proxy_.reset();
            inner_->input(from_proxy_); // what came behind the proxy's response
        }
        return inner_->handshake();
    }
    status read(char* buffer, std::size_t capacity, std::size_t& size) override {
        return inner_->read(buffer, capacity, size);
    }
    status write(std::string_view plain) override { return inner_->write(plain); }
    void close_notify() override { inner_->close_notify(); }
    void release_buffers() noexcept override { inner_->release_buffers(); }

    std::string& output() noexcept override { return inner_->output(); }
    bool resumed() const noexcept override { return inner_->resumed(); }
    bool rejected() const noexcept override { return inner_->rejected(); }
    bool at_proxy() const noexcept override { return proxy_.has_value(); }
    stream_end without_close_notify() const noexcept override { return inner_->without_close_notify(); }
    error_code code() const noexcept override { return proxy_ ? proxy_->code() : inner_->code(); }
    const std::string& text() const noexcept override { return proxy_ ? proxy_->text() : inner_->text(); }

private:
    std::unique_ptr<stream_engine> inner_;
    std::optional<proxy_handshake> proxy_; // until it is done
    std::string_view from_proxy_;
};

} // namespace bandwidth::webrtc::detail
