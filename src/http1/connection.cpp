#include "http1/connection.hpp"

#include <algorithm>
#include <utility>

namespace bandwidth::webrtc::detail::http1 {

namespace {

bool starts_alike(std::string_view one, std::string_view other) noexcept {
    const auto size = std::min(one.size(), other.size());
    return one.substr(0, size) == other.substr(0, size);
}

// What a server sends before it closes an idle connection (RFC 9110, section 15.5.9): an end, and no fault.
// However little of it has come.
bool is_request_timeout(std::string_view input) noexcept {
    return starts_alike(input, "HTTP/1.1 408") || starts_alike(input, "HTTP/1.0 408");
}

} // namespace

void connection::stage(exchange& owner, request_encoder& encoder, time_point now) {
    const auto before = batch_.size();
    encoder.refresh_credentials(now);
    encoder.append(owner.request, batch_);
    owner.written_with(encoder.authorization());
    requests_.push(owner, batch_.size() - before, now);
}

bool connection::unstage(const exchange& owner) {
    const auto index = requests_.index_of(owner);
    if (index == requests_.size())
        return false;
    const auto slot = requests_.at(index);
    if (slot.begin < taken_)
        return false;
    batch_.erase(slot.begin - taken_, slot.end - slot.begin);
    requests_.unstage(index);
    return true;
}

void connection::abandon(const exchange& owner, time_point now) noexcept {
    if (const auto index = requests_.index_of(owner); index != requests_.size())
        requests_.abandon(index, now);
}

void connection::output_taken(std::size_t bytes) {
    batch_.erase(0, bytes);
    before_ = std::exchange(taken_, taken_ + bytes);
    requests_.note_sent(before_, before_);
}

void connection::output_sent(bool whole) noexcept { requests_.note_sent(whole ? taken_ : before_, taken_); }

void connection::receive(std::string_view plain) {
    if (partial_.empty()) {
        input_ = plain;
    } else {
        partial_.append(plain);
        input_ = partial_;
    }
}

void connection::end_of_stream(stream_end how, const error_code& code, std::string text) {
    stream_ended_ = how;
    end_code_ = code;
    end_text_ = std::move(text);
}

connection::action connection::next() {
    if (ending_) // the last response closes
        return action::close;
    if (!input_.empty()) {
        const bool idle = requests_.size() == 0;
        if (idle && is_request_timeout(input_))
            return close(close_reason::ended, errc::connection_lost, {});
        // RFC 9112, section 9.2: bytes without an outstanding request are no response, and neither are bytes
        // that come before a single byte of the request has left.
        if (idle || requests_.state_of(requests_.at(0)) == send_state::unsent) {
            unsolicited_bytes_ = input_.size();
            return close(close_reason::unsolicited, errc::protocol_error,
                         "bytes that no request had asked for");
        }
        const auto& front = requests_.at(0);
        reader_.expect({front.head, front.keeps_fields && front.owner});
        switch (reader_.feed(input_)) {
        case response_reader::status::done:
            return respond();
        case response_reader::status::failed:
            return close(close_reason::protocol_error, reader_.error(), reader_.refused());
        case response_reader::status::need_more:
            break;
        }
    }
    keep_rest();
    return stream_ended_ ? end() : action::none;
}

// A response refers to the bytes that came, so these are let go of only here, when the next one is read.
void connection::keep_rest() {
    if (partial_.empty())
        partial_ = input_;
    else
        partial_.erase(0, partial_.size() - input_.size());
    input_ = {};
}

connection::action connection::end() {
    const bool clean = *stream_ended_ == stream_end::closed;
    if (response_started() && reader_.end_of_stream(clean) == response_reader::status::done)
        return respond(); // its end was the end of the connection (RFC 9112, section 6.3)
    switch (*stream_ended_) {
    case stream_end::closed:
    case stream_end::truncated:
        return close(close_reason::ended,
                     response_started() ? errc::incomplete_response : errc::connection_lost,
                     end_text_.empty() ? "the server closed the connection" : std::move(end_text_));
    case stream_end::rejected:
        return close(close_reason::rejected, end_code_, std::move(end_text_));
    case stream_end::broken:
        break;
    }
    if (!end_code_)
        end_code_ = response_started() ? errc::incomplete_response : errc::connection_lost;
    return close(close_reason::broken, end_code_, std::move(end_text_));
}

connection::action connection::respond() {
    const bool early = requests_.state_of(requests_.at(0)) != send_state::sent;
    answered_ = requests_.pop();
    const auto& message = reader_.message();
    if (early) {
        // RFC 9112, section 9.5: the server could take the rest of that request for another one. Nothing is
        // known of the requests behind it.
        close(close_reason::early_response, errc::connection_lost, "the server answered before it was asked");
    } else if (!message.keep_alive) {
        const bool announced = message.close_announced;
        close(announced ? close_reason::announced : close_reason::ended, errc::connection_lost,
              announced || !stream_ended_ ? "the server announced that it closes"
                                          : "the server closed the connection");
    } else if (message.http_1_1) {
        requests_.confirm(); // HTTP/1.0 knows no pipelining
    }
    return action::response;
}

connection::action connection::close(close_reason reason, error_code code, std::string text) {
    requests_.stop_accepting();
    ending_ = close_info{reason, code, std::move(text)};
    return action::close;
}

void connection::release_buffers() noexcept {
    reader_.release_buffers();
    if (batch_.empty())
        std::string().swap(batch_);
    if (partial_.empty())
        std::string().swap(partial_);
}

} // namespace bandwidth::webrtc::detail::http1
