#include "api/api_call.hpp"

#include <charconv>
#include <memory>

#include "api/error_body.hpp"
#include "api/redact.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// RFC 9110, section 10.2.3: seconds. The other form, a date, needs a clock of the day.
std::optional<std::chrono::seconds> retry_after_seconds(std::string_view text) {
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return std::chrono::seconds(value);
}

constexpr std::size_t kept_body = 4096;
constexpr std::size_t read_body = 64 * 1024; // of an error's body, for its message

} // namespace

bool api_call::settle(const response& answer, std::chrono::nanoseconds elapsed) {
    failure_state known;
    if (answer.status >= 200 && answer.status < 300) {
        auto problem = decode(answer.body, outcome);
        if (!problem)
            return true;
        known.code = errc::bad_json;
        known.message = std::move(*problem);
        known.request_id = clean_text(answer.request_id, 128);
    } else if (answer.status == 404 && ignore_not_found) {
        outcome = std::monostate();
        return true;
    } else {
        known.code = make_http_error(answer.status);
        auto body = parse_error_body(redact_tokens(answer.body.substr(0, read_body)), answer.content_type);
        known.message = std::move(body.message);
        known.request_id =
            body.request_id.empty() ? clean_text(answer.request_id, 128) : std::move(body.request_id);
    }
    known.http_status = answer.status;
    known.body = redact_tokens(answer.body.substr(0, kept_body));
    known.retry_after = retry_after_seconds(answer.retry_after);
    known.attempts = attempts;
    known.elapsed = elapsed;
    known.delivery = delivery::answered;
    outcome = failure(std::move(known));
    return false;
}

void api_call::recycle() noexcept {
    discard_handler();
    drop_executor();
    const auto home_until_now = std::move(home());
    cancel_id = 0;
    refused.reset();
    is_drain = false;
    allow_replay = true;
    attempt_timeout.reset();
    where = state::prepared;
    maybe_processed = false;
    attempts = 0;
    replays = 0;
    carrier = nullptr;
    previous = next = nullptr;
    decode = nullptr;
    ignore_not_found = false;
    outcome = std::monostate();
    request.target.clear();
    request.header_lines.clear();
    request.body.clear();
    request.has_content = false;
    store_.put(*this); // may destroy it
}

api_call& call_store::take(const std::shared_ptr<pool>& home) {
    std::unique_ptr<api_call> taken;
    {
        const std::lock_guard lock(mutex_);
        if (!unused_.empty()) {
            taken.reset(unused_.back());
            unused_.pop_back();
        }
        ++in_use_;
    }
    if (!taken)
        taken = std::make_unique<api_call>(*this);
    taken->home() = home;
    taken->set_executor(home->base_executor());
    return *taken.release();
}

void call_store::put(api_call& value) noexcept {
    std::unique_ptr<api_call> surplus;
    bool last = false;
    {
        const std::lock_guard lock(mutex_);
        --in_use_;
        last = released_ && in_use_ == 0;
        if (released_ || unused_.size() >= most_kept)
            surplus.reset(&value);
        else
            unused_.push_back(&value);
    }
    if (last) {
        surplus.reset();
        delete this;
    }
}

void call_store::release() noexcept {
    bool last = false;
    {
        const std::lock_guard lock(mutex_);
        released_ = true;
        last = in_use_ == 0;
    }
    if (last)
        delete this;
}

call_store::~call_store() {
    for (auto* const value : unused_)
        delete value;
}

} // namespace bandwidth::webrtc::detail
