#include "api/webrtc/api_call.hpp"

#include <algorithm>
#include <exception>
#include <memory>

#include "api/common/error_body.hpp"
#include "api/common/redact.hpp"
#include "core/ascii.hpp"
#include "core/percent_encoding.hpp"
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

// The id of what the response tells of.
std::string_view api_call::named_id() const noexcept {
    if (const auto* const told = std::get_if<session>(value_.get()))
        return told->id().value();
    return std::get<std::unique_ptr<participant>>(*value_)->id().value();
}

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
    failed = false; // as it had with another request's response
    std::optional<std::string> problem;
    std::optional<std::string> coded; // what is said of a body that cannot be read
    if (!response.content_coding.empty()) {
        coded = "its body is in the content coding \"" + clean_text(response.content_coding, 32) +
                "\", which was not asked for";
    }
    if (success && decode) {
        if (!value_)
            value_ = std::make_unique<value_type>();
        problem = coded ? coded : decode(response.body, *value_);
    }
    const bool is_value = (success && !problem) || (response.status == 404 && ignore_not_found);
    if (is_value && (!success || names_what_was_asked()))
        return settled::value;
    failure_state known;
    known.attempts = attempts;
    known.elapsed = elapsed;
    auto secrets = store_->secrets();
    append_secrets_of_headers(request.header_lines(), secrets);
    if (is_value) {
        // Of the response nothing is kept, not even its status: it is somebody else's. Our own has not come.
        known.code = errc::protocol_error;
        known.delivery = delivery::maybe_processed;
        known.message =
            "the response is for " + abbreviated(named_id()) + ", not for " + abbreviated(asked_segment());
    } else {
        known.http_status = response.status;
        known.delivery = delivery::answered;
        known.request_id = clean_text(response.request_id, 128);
        // Redacted before it is cut, so that no half of a secret stays at the end.
        if (!coded)
            known.body = redact_tokens(response.body.substr(0, read_body));
        if (problem) {
            known.code = errc::bad_json;
            known.message = std::move(*problem);
        } else {
            known.code = make_http_error(response.status);
            auto body = parse_error_body(known.body, response.content_type);
            known.message = coded ? std::move(*coded) : std::move(body.message);
            if (!body.request_id.empty())
                known.request_id = std::move(body.request_id);
            // Where it leads is not told: a Location may hold a secret, and is for nobody to follow.
            if (response.status < 400)
                known.message =
                    "a redirect, which is not followed" + (known.message.empty() ? "" : ": " + known.message);
        }
        known.request_id = redact_values(redact_tokens(known.request_id), secrets);
        known.body = redact_values(std::move(known.body), secrets);
        known.body.resize(std::min(known.body.size(), kept_body));
        known.body.shrink_to_fit();
        if (!response.retry_after.empty())
            known.retry_after =
                parse_retry_after(response.retry_after, response.date,
                                  std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    }
    known.message = redact_values(redact_tokens(known.message), secrets);
    settle(failure(std::move(known)));
    return is_value ? settled::mismatched : settled::failure;
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
    if (value_)
        *value_ = {};
    request.clear();
    const auto store = std::move(store_); // it may be the last one to own it
    store->put(*this);
}

api_call& call_store::take(const std::shared_ptr<pool>& home) {
    call* taken = nullptr;
    {
        const std::lock_guard lock(mutex_);
        taken = take_front(unused_);
    }
    auto& fresh = taken ? static_cast<api_call&>(*taken) : *new api_call();
    fresh.store_ = this;
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

std::vector<std::string> call_store::secrets() const {
    if (!credentials_)
        return {};
    try {
        return secrets_of_authorization(credentials_->authorization());
    } catch (const std::exception&) {
        return {}; // the pool deals with a source that fails
    }
}

call_store::~call_store() {
    while (auto* const value = static_cast<api_call*>(take_front(unused_)))
        delete value;
}

} // namespace bandwidth::webrtc::detail
