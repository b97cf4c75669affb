#include <openssl/rand.h>
#include <algorithm>
#include <array>
#include <bandwidth/webrtc/trace_context.hpp>
#include <random>

#include "core/ascii.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc {

namespace {

constexpr std::size_t longest_field = 8192;
constexpr std::size_t most_members = 32;
constexpr std::uint8_t random_id_flag = 2; // of version 2 of the specification
constexpr std::uint8_t known_flags = random_id_flag | 1;

template <std::size_t Size>
void append_hex(const std::array<std::uint8_t, Size>& bytes, std::string& to) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const auto byte : bytes) {
        to += digits[byte >> 4];
        to += digits[byte & 0x0fU];
    }
}

template <std::size_t Size>
std::string hex(const std::array<std::uint8_t, Size>& bytes) {
    std::string text;
    append_hex(bytes, text);
    return text;
}

// Lower-case digits alone, as section 3.2 wants them.
template <std::size_t Size>
bool read_hex(std::string_view text, std::array<std::uint8_t, Size>& to) {
    const auto value_of = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    for (std::size_t i = 0; i < Size; ++i) {
        const auto high = value_of(text[2 * i]);
        const auto low = value_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

template <std::size_t Size>
bool is_zero(const std::array<std::uint8_t, Size>& bytes) noexcept {
    return std::all_of(
        bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// Ids of zeros mean that there is none. The generator fails only where the system has no entropy.
template <std::size_t Size>
void fill_randomly(std::array<std::uint8_t, Size>& id) {
    do {
        if (RAND_bytes(id.data(), static_cast<int>(Size)) != 1) {
            std::random_device device;
            std::generate(id.begin(), id.end(), [&] { return static_cast<std::uint8_t>(device()); });
        }
    } while (is_zero(id));
}

// Section 3.3.1.3.1: a lower-case letter or a digit first.
bool is_state_key(std::string_view key) {
    if (key.empty() || key.size() > 256)
        return false;
    const auto is_alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return is_alnum(key.front()) && std::all_of(key.begin(), key.end(), [&](char c) {
               return is_alnum(c) || std::string_view("_-*/@").find(c) != std::string_view::npos;
           });
}

bool is_state_value(std::string_view value) {
    return !value.empty() && value.size() <= 256 && value.back() != ' ' &&
           std::all_of(
               value.begin(), value.end(),
               [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

bool is_state(std::string_view text) {
    std::size_t members = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const auto member = detail::trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (member.empty()) // allowed, and no member
            continue;
        const auto sign = member.find('=');
        if (sign == std::string_view::npos || !is_state_key(member.substr(0, sign)) ||
            !is_state_value(member.substr(sign + 1)))
            return false;
        ++members;
    }
    return members <= most_members;
}

} // namespace

std::optional<trace_context> trace_context::parse(std::string_view traceparent, std::string_view tracestate,
                                                  std::string_view baggage) {
    constexpr std::size_t size = 55;
    constexpr std::array<std::size_t, 3> dashes = {2, 35, 52};
    if (traceparent.size() < size ||
        std::any_of(dashes.begin(), dashes.end(), [&](std::size_t at) { return traceparent[at] != '-'; }))
        return std::nullopt;
    std::array<std::uint8_t, 1> version{};
    std::array<std::uint8_t, 1> flags{};
    trace_context read;
    if (!read_hex(traceparent.substr(0, 2), version) ||
        !read_hex(traceparent.substr(3, 32), read.trace_id_) ||
        !read_hex(traceparent.substr(36, 16), read.span_id_) || !read_hex(traceparent.substr(53, 2), flags))
        return std::nullopt;
    // A later version may have more behind another dash (section 3.2.2.1).
    const bool is_whole = traceparent.size() == size || (version[0] != 0 && traceparent[size] == '-');
    if (version[0] == 0xff || !is_whole || !read.valid())
        return std::nullopt;
    read.flags_ = flags[0] & known_flags;
    if (tracestate.size() <= longest_field && is_state(tracestate))
        read.tracestate_ = detail::trim(tracestate);
    if (baggage.size() <= longest_field && detail::valid_field_value(baggage))
        read.baggage_ = detail::trim(baggage);
    return read;
}

trace_context trace_context::start(bool is_sampled) {
    trace_context made;
    fill_randomly(made.trace_id_);
    fill_randomly(made.span_id_);
    made.flags_ = is_sampled ? random_id_flag | sampled_flag : random_id_flag;
    return made;
}

bool trace_context::valid() const noexcept { return !is_zero(trace_id_) && !is_zero(span_id_); }

std::string trace_context::trace_id_text() const { return hex(trace_id_); }

std::string trace_context::span_id_text() const { return hex(span_id_); }

std::string trace_context::traceparent() const {
    std::string text = "00-";
    append_hex(trace_id_, text);
    text += '-';
    append_hex(span_id_, text);
    text += '-';
    append_hex(std::array<std::uint8_t, 1>{flags_}, text);
    return text;
}

trace_context trace_context::with_span(const span_id_type& span) const {
    auto below = *this;
    below.span_id_ = span;
    return below;
}

trace_context trace_context::child() const {
    auto below = *this;
    do
        fill_randomly(below.span_id_);
    while (below.span_id_ == span_id_);
    return below;
}

} // namespace bandwidth::webrtc
