#pragma once

#include <string>
#include <utility>

namespace bandwidth::webrtc {

/// One of the errors that a service tells of in a response, of which BRTC may tell several. What it does not
/// say is empty.
///
/// All of it is untrusted text, on one line, without control characters, with "[redacted]" in place of
/// secrets as in `failure::message`, and cut where it is longer than any that is documented. A value type:
/// distinct objects may be used from distinct threads at once. References that it returns are valid while it
/// lives.
class service_error {
public:
    /// An error of which nothing is known.
    service_error() = default;

    /// The id of this one occurrence, for a support ticket.
    [[nodiscard]] const std::string& id() const noexcept { return id_; }
    /// Its kind, such as "resource_not_found": the part to compare.
    [[nodiscard]] const std::string& type() const noexcept { return type_; }
    /// What is wrong, for people.
    [[nodiscard]] const std::string& description() const noexcept { return description_; }
    /// Its code; BRTC's examples have the HTTP status there.
    [[nodiscard]] const std::string& code() const noexcept { return code_; }
    /// The parameter of the URI that caused it.
    [[nodiscard]] const std::string& parameter() const noexcept { return parameter_; }
    /// The field of the request's body that caused it.
    [[nodiscard]] const std::string& field() const noexcept { return field_; }
    /// The name of the header field that caused it.
    [[nodiscard]] const std::string& header() const noexcept { return header_; }
    /// The id of, or the path to, what caused it.
    [[nodiscard]] const std::string& reference() const noexcept { return reference_; }

    /// \name For mocks
    /// These make an error as a failure would hold it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    service_error& id(std::string text) {
        id_ = std::move(text);
        return *this;
    }
    service_error& type(std::string text) {
        type_ = std::move(text);
        return *this;
    }
    service_error& description(std::string text) {
        description_ = std::move(text);
        return *this;
    }
    service_error& code(std::string text) {
        code_ = std::move(text);
        return *this;
    }
    service_error& parameter(std::string text) {
        parameter_ = std::move(text);
        return *this;
    }
    service_error& field(std::string text) {
        field_ = std::move(text);
        return *this;
    }
    service_error& header(std::string text) {
        header_ = std::move(text);
        return *this;
    }
    service_error& reference(std::string text) {
        reference_ = std::move(text);
        return *this;
    }
    /// @}

    /// Whether all fields are equal.
    friend bool operator==(const service_error&, const service_error&) = default;

private:
    std::string id_;
    std::string type_;
    std::string description_;
    std::string code_;
    std::string parameter_;
    std::string field_;
    std::string header_;
    std::string reference_;
};

} // namespace bandwidth::webrtc
