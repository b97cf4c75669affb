#include <bandwidth/webrtc/credentials.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <string>

#include "api/common/credential_access.hpp"
#include "api/common/token_response.hpp"
#include "core/base64.hpp"
#include "core/http_grammar.hpp"

namespace bandwidth::webrtc {

namespace {

class constant_source final : public credential_source {
public:
    explicit constant_source(std::string value) : value_(std::move(value)) {}
    std::string authorization() const override { return value_; }

private:
    std::string value_;
};

} // namespace

std::string detail::basic_authorization(std::string_view user, std::string_view password,
                                        std::string_view user_name, std::string_view password_name) {
    const auto refuse = [](std::string_view name, const char* text) {
        throw api_error(failure(errc::invalid_options, std::string(name) + text));
    };
    const auto is_clean = [](std::string_view text) {
        return valid_field_value(text) && text.find('\t') == std::string_view::npos;
    };
    if (user.empty())
        refuse(user_name, " is empty");
    if (user.find(':') != std::string_view::npos)
        refuse(user_name, " has a colon");
    if (!is_clean(user))
        refuse(user_name, " has control characters");
    if (!is_clean(password))
        refuse(password_name, " has control characters");
    return "Basic " + encode_base64(std::string(user).append(1, ':').append(password));
}

std::shared_ptr<const credential_source> basic_credentials(std::string_view username,
                                                           std::string_view password) {
    return std::make_shared<constant_source>(detail::basic_authorization(
        username, password, "credentials: the user name", "credentials: the password"));
}

std::shared_ptr<const credential_source> bearer_token(std::string_view token) {
    if (!detail::is_bearer_token(token))
        throw api_error(failure(errc::invalid_options,
                                "credentials: the token is empty, or has a character that none has"));
    return std::make_shared<constant_source>(std::string("Bearer ").append(token));
}

} // namespace bandwidth::webrtc
