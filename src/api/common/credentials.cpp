#include <bandwidth/webrtc/credentials.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <string>

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

std::shared_ptr<const credential_source> basic_credentials(std::string_view username,
                                                           std::string_view password) {
    const auto refuse = [](const char* text) { throw api_error(failure(errc::invalid_options, text)); };
    if (username.empty())
        refuse("credentials: the user name is empty");
    // RFC 7617, section 2: the first colon ends the user name, and control characters are not allowed.
    if (username.find(':') != std::string_view::npos)
        refuse("credentials: the user name has a colon");
    if (!detail::valid_field_value(username) || username.find('\t') != std::string_view::npos)
        refuse("credentials: the user name has control characters");
    if (!detail::valid_field_value(password) || password.find('\t') != std::string_view::npos)
        refuse("credentials: the password has control characters");
    std::string both(username);
    both.append(1, ':').append(password);
    return std::make_shared<constant_source>("Basic " + detail::encode_base64(both));
}

std::shared_ptr<const credential_source> bearer_token(std::string_view token) {
    if (!detail::is_bearer_token(token))
        throw api_error(failure(errc::invalid_options,
                                "credentials: the token is empty, or has a character that none has"));
    return std::make_shared<constant_source>(std::string("Bearer ").append(token));
}

} // namespace bandwidth::webrtc
