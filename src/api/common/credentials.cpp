#include <bandwidth/webrtc/credentials.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <string>

#include "core/http_grammar.hpp"

namespace bandwidth::webrtc {

namespace {

class basic_source final : public credential_source {
public:
    explicit basic_source(std::string value) : value_(std::move(value)) {}
    std::string authorization() const override { return value_; }

private:
    std::string value_;
};

std::string base64(std::string_view text) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((text.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < text.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k <= text.size() ? digits[group >> (18 - 6 * k) & 63U] : '=';
    }
    return out;
}

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
    return std::make_shared<basic_source>("Basic " + base64(both));
}

} // namespace bandwidth::webrtc
