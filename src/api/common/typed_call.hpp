#pragma once

#include <bandwidth/webrtc/result.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "api/common/api_call.hpp"

namespace bandwidth::webrtc::detail {

template <class T, class Variant>
inline constexpr bool is_alternative = false;
template <class T, class... Each>
inline constexpr bool is_alternative<T, std::variant<Each...>> = (std::is_same_v<T, Each> || ...);

/// A call of one of the operations of a family, with its value. `Family` has
/// - `value`: a `std::variant` of what the operations give, a `std::monostate` first. What is large stands in it as
///   a `std::unique_ptr`;
/// - `codec`: has a function `decode` for each of these;
/// - `limits_rate`, where it is not as `call` has it.
template <class Family>
class typed_call final : public api_call {
public:
    using value_type = typename Family::value;

    static api_call* make() { return new typed_call(); }

    /// Reads the body of a success as a `T`.
    template <class T>
    static std::optional<std::string> decode_as(std::string_view body, api_call& into) {
        auto& place = static_cast<typed_call&>(into).value_;
        if (!place)
            place = std::make_unique<value_type>();
        if constexpr (is_apart<T>)
            return Family::codec::decode(body,
                                         *place->template emplace<std::unique_ptr<T>>(std::make_unique<T>()));
        else
            return Family::codec::decode(body, place->template emplace<T>());
    }

    /// The outcome of a finished call, which is given back.
    template <class T>
    static result<T> take(call_handle handle) {
        auto& done = static_cast<typed_call&>(*handle);
        if (auto* const reason = done.reason())
            return std::move(*reason);
        if constexpr (is_apart<T>)
            return std::move(*std::get<std::unique_ptr<T>>(*done.value_));
        else
            return std::move(std::get<T>(*done.value_));
    }

    bool limits_rate(const response& received) const override {
        if constexpr (requires { Family::limits_rate(received); })
            return Family::limits_rate(received);
        else
            return api_call::limits_rate(received);
    }

private:
    template <class T>
    static constexpr bool is_apart = is_alternative<std::unique_ptr<T>, value_type>;

    std::string_view named_id() const noexcept override {
        return std::visit(
            [](const auto& told) -> std::string_view {
                if constexpr (
                    requires { told.id().value(); })
                    return told.id().value();
                else if constexpr (
                    requires { told->id().value(); })
                    return told->id().value();
                else
                    return {};
            },
            *value_);
    }
    void forget_value() noexcept override {
        if (value_)
            *value_ = {};
    }

    /// A hundred thousand calls may wait at once, so it has a place of its own when it comes. That stays for the
    /// next use.
    std::unique_ptr<value_type> value_;
};

} // namespace bandwidth::webrtc::detail
