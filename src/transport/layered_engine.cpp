#include "transport/layered_engine.hpp"

#include <utility>

namespace bandwidth::webrtc::detail {

layered_engine::layered_engine(std::shared_ptr<tls_context> context, const std::string& host,
                               std::unique_ptr<stream_engine> inner)
    : context_(std::move(context)), outer_(*context_, host), inner_(std::move(inner)) {}

stream_engine::status layered_engine::handshake() {
    if (!outer_done_) {
        const auto done = of_outer(outer_.handshake());
        if (done != status::ok)
            return done;
        outer_done_ = true;
    }
    for (;;) {
        const auto result = carry(inner_->handshake());
        if (result != status::want_input)
            return result;
        const auto more = receive();
        if (more != status::ok)
            return more;
    }
}

stream_engine::status layered_engine::read(char* buffer, std::size_t capacity, std::size_t& size) {
    for (;;) {
        const auto result = carry(inner_->read(buffer, capacity, size));
        if (result != status::want_input)
            return result;
        if (size != 0)
            return status::ok; // and then it is asked again
        const auto more = receive();
        // The proxy's close_notify tells nothing of the server: to the TLS within, it is what a FIN is.
        if (more != status::ok)
            return more == status::closed ? status::cut : more;
    }
}

stream_engine::status layered_engine::write(std::string_view plain) { return carry(inner_->write(plain)); }

void layered_engine::close_notify() {
    inner_->close_notify();
    if (outer_done_ && carry(status::ok) == status::ok)
        outer_.close_notify();
}

void layered_engine::release_buffers() noexcept {
    outer_.release_buffers();
    inner_->release_buffers();
    std::vector<char>().swap(received_); // `inner_` has taken all of it before it wanted more
}

stream_engine::status layered_engine::of_outer(status value) noexcept {
    outer_failed_ = outer_failed_ || value == status::failed;
    return value;
}

// Gives `inner_`, which wants it, what has come. `ok` when there was something.
stream_engine::status layered_engine::receive() {
    received_.resize(largest_record);
    std::size_t size = 0;
    const auto result = of_outer(outer_.read(received_.data(), received_.size(), size));
    if (size == 0)
        return result;
    inner_->input(std::string_view(received_.data(), size));
    return status::ok;
}

// What `inner_` has to say goes out with the same call, whatever came of it: it may be an alert.
stream_engine::status layered_engine::carry(status of_inner) {
    auto& output = inner_->output();
    if (output.empty())
        return of_inner;
    const auto written = of_outer(outer_.write(output));
    output.clear();
    return written == status::ok ? of_inner : written;
}

} // namespace bandwidth::webrtc::detail
