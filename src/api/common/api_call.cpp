#include "api/common/api_call.hpp"

#include <algorithm>
#include <memory>

#include "api/common/error_body.hpp"
#include "core/ascii.hpp"
#include "core/clean_text.hpp"
#include "core/percent_encoding.hpp"
#include "core/redact.hpp"
#include "manager/response_info.hpp"
#include "policy/retry_after.hpp"

namespace bandwidth::webrtc::detail {

namespace {

constexpr std::size_t kept_body = 4096;
constexpr std::size_t read_body = 64 * 1024; // of an error's body, for its message

// As much of an id as tells it from another one: the whole of somebody else's is not for our logs.
std::string abbreviated(std::string_view id) {
    constexpr std::size_t kept = 8;
    return '"' + clean_text(id.substr(0, kept), kept) + (id.size() > kept ? "...\"" : "\"");
}

} // namespace

// The id that was asked for, percent-encoded.
std::string_view api_call::asked_segment() const noexcept {
    const std::string_view target = request.target;
    return target.substr(target.size() - asked_size);
}

bool api_call::names_what_was_asked() const {
    if (asked_size == 0)
        return true;
    const auto id = named_id();
    // "a%20b" was asked for as "a%2520b".
    if (id == asked_segment() && id.find('%') == std::string_view::npos)
        return true;
    std::string segment;
    append_path_segment(segment, id);
    return equals_ignoring_case(segment, asked_segment()); // a UUID means the same in either case
}

settled api_call::settle(const response& response, std::chrono::nanoseconds elapsed) {
    const bool success = response.status >= 200 && response.status < 300;
    if (auto* const into = info())
        response_info_access::fill(*into, response, *this, elapsed, secrets());
    failed = false; // as it had with another request's response
    std::optional<std::string> problem;
    if (success && decode)
        problem = response.content_coding.empty() ? decode(response.body, *this) : std::string();
    const bool is_value = (success && !problem) ||
                          (ignore_not_found && make_http_error(response.status) == condition::not_found);
    if (is_value && (!success || names_what_was_asked()))
        return settled::value;
    if (!is_value) {
        keep(response, elapsed, std::move(problem));
        return settled::failure;
    }
    // Of the response nothing is kept, not even its status: it is somebody else's. Our own has not come.
    failure_state known;
    known.attempts = attempts;
    known.elapsed = elapsed;
    known.code = errc::protocol_error;
    known.delivery = delivery::maybe_processed;
    if (auto* const into = info())
        response_info_access::clear(*into, *this, elapsed);
    known.message = redact_values(redact_tokens("the response is for " + abbreviated(named_id()) +
                                                ", not for " + abbreviated(asked_segment())),
                                  secrets());
    fail(failure(std::move(known)));
    return settled::mismatched;
}

void api_call::settle(failure reason) {
    if (auto* const into = info())
        response_info_access::clear(*into, *this, reason.elapsed());
    fail(std::move(reason));
}

void api_call::fail(failure reason) {
    reason_ = std::move(reason);
    failed = true;
    if (refusal_)
        refusal_->unread = false;
}

void api_call::keep(const response& received, std::chrono::nanoseconds elapsed,
                    std::optional<std::string> problem) {
    if (!refusal_)
        refusal_ = std::make_unique<refusal>();
    failed = refusal_->unread = true;
    refusal_->status = received.status;
    refusal_->elapsed = elapsed;
    refusal_->problem = std::move(problem);
    refusal_->body = received.body.substr(0, read_body);
    refusal_->content_type = received.content_type;
    refusal_->content_coding = received.content_coding;
    refusal_->request_id = received.request_id;
    refusal_->retry_after = received.retry_after;
    refusal_->date = received.date;
}

failure* api_call::reason() {
    if (failed && refusal_ && refusal_->unread)
        read_refusal();
    return failed ? &reason_ : nullptr;
}

void api_call::read_refusal() {
    auto& said = *refusal_;
    const auto hidden = secrets();
    // Redacted before anything is cut, so that no half of a secret stays, and once more where it was unescaped.
    const auto redacted = [&hidden](std::string_view text) {
        return redact_values(redact_tokens(text), hidden);
    };
    failure_state known;
    known.attempts = attempts;
    known.elapsed = said.elapsed;
    known.http_status = said.status;
    known.delivery = delivery::answered;
    known.request_id = clean_text(redacted(said.request_id), longest_request_id);
    known.code = said.problem ? error_code(errc::bad_json) : make_http_error(said.status);
    if (!said.content_coding.empty()) {
        known.message = "its body is in the content coding \"" +
                        clean_text(redacted(said.content_coding), 32) + "\", which was not asked for";
    } else {
        known.body = redacted(said.body);
        auto body = parse_error_body(known.body, said.content_type, redacted);
        if (!said.problem || body.has_list)
            known.service_errors = std::move(body.errors);
        if (said.problem) {
            known.message = redacted(*said.problem);
        } else {
            known.message = std::move(body.message);
            known.service_code = std::move(body.code);
            if (!body.request_id.empty())
                known.request_id = std::move(body.request_id);
        }
    }
    // Where it leads is not told: a Location may hold a secret, and is for nobody to follow.
    if (said.status >= 300 && said.status < 400)
        known.message =
            "a redirect, which is not followed" + (known.message.empty() ? "" : ": " + known.message);
    known.body.resize(std::min(known.body.size(), kept_body));
    known.body.shrink_to_fit();
    if (!said.retry_after.empty())
        known.retry_after =
            parse_retry_after(said.retry_after, said.date,
                              std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    fail(failure(std::move(known)));
}

// What must not stand in a failure, however a service may echo it: what went out with this request.
std::vector<std::string> api_call::secrets() const {
    std::vector<std::string> all;
    for_each_authorization([&all](std::string_view value) { append_secrets_of_authorization(value, all); });
    append_secrets_of_headers(request.header_lines(), all);
    return all;
}

void api_call::recycle() noexcept {
    forget_handler();
    const auto home_until_now = std::move(home());
    reset_terms();
    reset_progress();
    decode = nullptr;
    ignore_not_found = false;
    asked_size = 0;
    failed = false;
    reason_ = {};
    forget_value();
    if (refusal_ && refusal_->memory() > 2 * kept_body)
        refusal_.reset();
    request.clear();
    forget_authorizations();
    const auto store = std::move(group); // it may be the last one to own it
    static_cast<call_store&>(*store).put(*this);
}

api_call& call_store::take(const std::shared_ptr<pool>& home) {
    call* taken = nullptr;
    {
        const std::lock_guard lock(mutex_);
        taken = take_front(unused_);
    }
    auto& fresh = taken ? static_cast<api_call&>(*taken) : *make_();
    fresh.group = this;
    fresh.home() = home;
    return fresh;
}

void call_store::put(api_call& value) noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (unused_.size() < most_kept)
            return unused_.push_front(value);
    }
    delete &value;
}

call_store::~call_store() {
    while (auto* const value = static_cast<api_call*>(take_front(unused_)))
        delete value;
}

} // namespace bandwidth::webrtc::detail
