#pragma once

// The names of OpenTelemetry's C++ API that example/observability/opentelemetry_tracing.hpp uses, so that it compiles
// and its test runs where that API is not installed; Debian has no package of it. This is neither the API nor the SDK:
// what is not needed is not there, and classes of the standard library are in the place of the API's own.
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace opentelemetry {

namespace nostd {
using std::shared_ptr;
using std::span;
using std::string_view;
using std::variant;
} // namespace nostd

namespace common {
using AttributeValue =
    nostd::variant<bool, std::int32_t, std::int64_t, double, const char*, nostd::string_view>;
} // namespace common

namespace context {
class Context {
public:
    Context SetValue(nostd::string_view key, bool value) const {
        Context changed;
        changed.key_ = std::string(key);
        changed.value_ = value;
        return changed;
    }
    bool HasKey(nostd::string_view key) const noexcept { return value_ && key_ == key; }

private:
    std::string key_;
    bool value_ = false;
};
} // namespace context

namespace trace {

enum class SpanKind { kInternal, kServer, kClient, kProducer, kConsumer };
enum class StatusCode { kUnset, kOk, kError };

inline constexpr char kIsRootSpanKey[] = "is_root_span";

template <std::size_t Size>
class BasicId {
public:
    BasicId() noexcept = default;
    explicit BasicId(nostd::span<const std::uint8_t, Size> id) noexcept {
        for (std::size_t i = 0; i < Size; ++i)
            id_[i] = id[i];
    }
    nostd::span<const std::uint8_t, Size> Id() const noexcept { return id_; }

private:
    std::uint8_t id_[Size] = {};
};
using TraceId = BasicId<16>;
using SpanId = BasicId<8>;

class TraceFlags {
public:
    static constexpr std::uint8_t kIsSampled = 1;
    explicit TraceFlags(std::uint8_t flags) noexcept : flags_(flags) {}
    bool IsSampled() const noexcept { return (flags_ & kIsSampled) != 0; }

private:
    std::uint8_t flags_;
};

class TraceState {
public:
    static nostd::shared_ptr<TraceState> FromHeader(nostd::string_view header) {
        auto state = std::make_shared<TraceState>();
        state->header_ = std::string(header);
        return state;
    }
    std::string ToHeader() const { return header_; }

private:
    std::string header_;
};

class SpanContext {
public:
    SpanContext(TraceId trace, SpanId span, TraceFlags flags, bool /*is_remote*/,
                nostd::shared_ptr<TraceState> state)
        : trace_(trace), span_(span), flags_(flags), state_(std::move(state)) {}
    const TraceId& trace_id() const noexcept { return trace_; }
    const SpanId& span_id() const noexcept { return span_; }
    bool IsSampled() const noexcept { return flags_.IsSampled(); }
    const nostd::shared_ptr<TraceState>& trace_state() const noexcept { return state_; }

private:
    TraceId trace_;
    SpanId span_;
    TraceFlags flags_;
    nostd::shared_ptr<TraceState> state_;
};

struct StartSpanOptions {
    nostd::variant<context::Context, SpanContext> parent;
    SpanKind kind = SpanKind::kInternal;
};

struct EndSpanOptions {};

class Span {
public:
    virtual ~Span() = default;
    virtual void SetAttribute(nostd::string_view key, const common::AttributeValue& value) noexcept = 0;
    virtual void SetStatus(StatusCode code, nostd::string_view description = "") noexcept = 0;
    virtual void End(const EndSpanOptions& options = {}) noexcept = 0;
    virtual SpanContext GetContext() const noexcept = 0;
};

class Tracer {
public:
    virtual ~Tracer() = default;
    virtual nostd::shared_ptr<Span> StartSpan(
        nostd::string_view name,
        std::initializer_list<std::pair<nostd::string_view, common::AttributeValue>> attributes,
        const StartSpanOptions& options) noexcept = 0;
};

} // namespace trace

} // namespace opentelemetry
