#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

/// What is fuzzed. Each function takes any bytes and ends the program when something is not as it must be;
/// the rest is the sanitizers' work. libFuzzer calls one of them (libfuzzer/entry.cpp), and
/// replay_test.cpp calls all of them with the corpus, in every build.
namespace fuzz {

/// Whole, a byte at a time and in pieces: the same responses, within the limits.
void response_reader(std::string_view input);
/// A script of requests, bytes sent, responses and ends: responses in order, nothing behind a failure.
void http1_connection(std::string_view input);
/// Every model, the reader beneath them against Boost.JSON, requests there and back, device tokens.
void json_codec(std::string_view input);
/// Error bodies, cleaned text, redaction.
void error_body(std::string_view input);
/// What an HTTP or SOCKS proxy sends: the same in pieces, within a bound, and no text has the password.
void proxy_handshake(std::string_view input);
/// The base URL and the account of the options, ids in paths.
void url(std::string_view input);
/// What a token endpoint sends: a token that can be used, or a reason without a secret.
void token_response(std::string_view input);
/// Retry-After and dates.
void retry_after(std::string_view input);
/// Events of both services, and their timestamps.
void event(std::string_view input);
/// Any text in BXML: refused, or there again when the document is read.
void bxml(std::string_view input);
/// The bulk tool's journal: refused with the line's number, or the same in pieces and written again.
void journal(std::string_view input);
/// What a request brings of a trace: refused, or the same when it is written and read again.
void trace_context(std::string_view input);

using target = void (*)(std::string_view);

/// The function of this name, null where there is none.
inline target target_of(std::string_view name) {
    constexpr std::pair<std::string_view, target> all[] = {
        {"response_reader", response_reader},
        {"http1_connection", http1_connection},
        {"json_codec", json_codec},
        {"error_body", error_body},
        {"proxy_handshake", proxy_handshake},
        {"url", url},
        {"token_response", token_response},
        {"retry_after", retry_after},
        {"event", event},
        {"bxml", bxml},
        {"journal", journal},
        {"trace_context", trace_context},
    };
    for (const auto& [known, function] : all)
        if (known == name)
            return function;
    return nullptr;
}

/// Ends the program when `condition` does not hold.
inline void require(bool condition, const char* what) {
    if (condition)
        return;
    std::fprintf(stderr, "violated: %s\n", what);
    std::abort();
}

/// Takes bytes off the front of the input, to decide what is done; zeros behind its end.
class decisions {
public:
    explicit decisions(std::string_view input) noexcept : left_(input) {}

    /// The next byte.
    unsigned char byte() noexcept {
        if (left_.empty())
            return 0;
        const auto value = static_cast<unsigned char>(left_.front());
        left_.remove_prefix(1);
        return value;
    }
    /// A piece of the input, its length told by the next byte.
    std::string_view piece() noexcept {
        const auto size = byte();
        const auto taken = left_.substr(0, size);
        left_.remove_prefix(taken.size());
        return taken;
    }
    /// All that is left.
    std::string_view rest() const noexcept { return left_; }
    /// Whether all was taken.
    bool empty() const noexcept { return left_.empty(); }

private:
    std::string_view left_;
};

} // namespace fuzz
