#pragma once

#include "transport/stream_engine.hpp"

namespace bandwidth::webrtc::detail {

/// No TLS: what is written is what goes onto the wire. For `http://` base URLs, and so for loopback addresses
/// only.
class plain_engine final : public stream_engine {
public:
    void input(std::string_view bytes) noexcept override { input_ = bytes; }
    status handshake() override { return status::ok; }
    status read(char* buffer, std::size_t capacity, std::size_t& size) override {
        size = input_.copy(buffer, capacity);
        input_.remove_prefix(size);
        return input_.empty() ? status::want_input : status::ok;
    }
    status write(std::string_view plain) override {
        output_.append(plain);
        return status::ok;
    }
    void close_notify() override {}
    void release_buffers() noexcept override {
        if (output_.empty())
            std::string().swap(output_);
    }

    std::string& output() noexcept override { return output_; }
    bool resumed() const noexcept override { return false; }
    bool rejected() const noexcept override { return false; }
    /// Without TLS nothing tells the end of a stream from one that was cut by a FIN, so it is taken for the
    /// end, as RFC 9112 has it: a body without a length is complete then (section 6.3), and one with a length is
    /// not, unless all of it has come (section 8). A reset (RST) is an error of the socket.
    stream_end without_close_notify() const noexcept override { return stream_end::closed; }
    error_code code() const noexcept override { return {}; }
    const std::string& text() const noexcept override { return text_; }

private:
    std::string_view input_;
    std::string output_;
    std::string text_; // nothing fails
};

} // namespace bandwidth::webrtc::detail
