#include <bandwidth/webrtc/testing/fault.hpp>

#include <limits>
#include <stdexcept>
#include <utility>

namespace bandwidth::webrtc::testing {

using ending = detail::fault_rule::ending;

namespace {

void require_final(int status) {
    if (status < 200 || status > 599)
        throw std::invalid_argument("a fault's status must be 200 to 599, not " + std::to_string(status));
}

} // namespace

fault::fault() = default;

fault& fault::on(std::string method, std::string target_part) {
    rule_.method = std::move(method);
    rule_.target_part = std::move(target_part);
    return *this;
}

fault& fault::after(std::size_t count) {
    rule_.skip = count;
    return *this;
}

fault& fault::times(std::size_t count) {
    rule_.repeat = count;
    return *this;
}

fault& fault::always() { return times(std::numeric_limits<std::size_t>::max()); }

fault& fault::delay(std::chrono::nanoseconds duration) {
    rule_.delay = duration;
    return *this;
}

fault& fault::respond(int status) {
    require_final(status);
    rule_.status = status;
    rule_.body.reset();
    return *this;
}

fault& fault::respond(int status, std::string body, std::string content_type) {
    require_final(status);
    rule_.status = status;
    rule_.body = std::move(body);
    rule_.content_type = std::move(content_type);
    return *this;
}

fault& fault::throttle(std::chrono::seconds retry_after) {
    return respond(429).header("Retry-After", std::to_string(retry_after.count()));
}

fault& fault::header(std::string name, std::string value) {
    rule_.headers.emplace_back(std::move(name), std::move(value));
    return *this;
}

fault& fault::garbage(std::string bytes) {
    rule_.raw = std::move(bytes);
    return *this;
}

fault& fault::close_after_response() {
    rule_.connection_close_header = true;
    rule_.end = ending::close;
    return *this;
}

fault& fault::close_before_response() {
    rule_.keep_bytes = 0;
    rule_.end = ending::close;
    return *this;
}

fault& fault::reset() {
    rule_.keep_bytes = rule_.keep_bytes.value_or(0);
    rule_.end = ending::reset;
    return *this;
}

fault& fault::truncate_at(std::size_t bytes) {
    rule_.keep_bytes = bytes;
    if (rule_.end == ending::keep)
        rule_.end = ending::close;
    return *this;
}

} // namespace bandwidth::webrtc::testing
