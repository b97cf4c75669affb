#pragma once

#include <string>
#include <utility>

namespace bandwidth::webrtc::detail {

/// A secret text, typed by what it opens (`Noun` is the class of the secret itself). It does not convert to a
/// string, and has nothing that prints it.
template <class Noun>
class secret_text {
public:
    /// No secret.
    secret_text() noexcept = default;

    /// Takes the text as it is.
    explicit secret_text(std::string text) noexcept : text_(std::move(text)) {}

    /// The text. Keep it out of logs.
    [[nodiscard]] const std::string& reveal() const noexcept { return text_; }

    /// Whether there is none.
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

protected:
    ~secret_text() = default;
    secret_text(const secret_text&) = default;
    secret_text(secret_text&&) noexcept = default;
    secret_text& operator=(const secret_text&) = default;
    secret_text& operator=(secret_text&&) noexcept = default;

private:
    std::string text_;
};

} // namespace bandwidth::webrtc::detail
