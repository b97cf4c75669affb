#include <algorithm>
#include <bandwidth/webrtc/bxml.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <iterator>

#include "api/common/validate.hpp"
#include "core/ascii.hpp"
#include "core/percent_encoding.hpp"
#include "core/utf8.hpp"
#include "core/xml_char.hpp"

namespace bandwidth::webrtc::bxml {

namespace {

[[noreturn]] void refuse_argument(std::string_view name, std::string_view what) {
    throw api_error(
        failure(errc::invalid_argument, std::string("bxml: ").append(name).append(1, ' ').append(what)));
}

bool is_letter(char c) noexcept {
    const char lower = detail::to_lower(c);
    return lower >= 'a' && lower <= 'z';
}

bool is_letter_or_digit(char c) noexcept { return is_letter(c) || detail::is_digit(c); }

// Names in other alphabets are XML too, but no BXML; a colon is for namespaces.
bool is_name(std::string_view text) noexcept {
    return !text.empty() && (is_letter(text.front()) || text.front() == '_') &&
           std::all_of(
               text.begin(), text.end(),
               [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.'; });
}

enum class place { attribute, content };

// What stands for a character; nothing where it is the character itself. A parser makes spaces of an
// attribute's tabs and line ends, and one line feed of a carriage return anywhere (XML 1.0, sections 3.3.3
// and 2.11), but not where they are written as references. ">" is escaped because of "]]>".
std::string_view reference_for(char c, place where) noexcept {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return where == place::attribute ? "&quot;" : "";
    case '\t':
        return where == place::attribute ? "&#9;" : "";
    case '\n':
        return where == place::attribute ? "&#10;" : "";
    default:
        return "";
    }
}

std::string escape(std::string_view name, std::string_view text, place where) {
    std::string escaped;
    const char* const end = text.data() + text.size();
    for (const char* position = text.data(); position != end;) {
        const detail::utf8_char next = detail::read_utf8(position, end);
        if (next.length == 0)
            refuse_argument(name, "is not valid UTF-8");
        if (!detail::is_xml_char(next.code))
            refuse_argument(name, "holds a character that XML does not have");
        const auto reference = reference_for(*position, where);
        if (reference.empty())
            escaped.append(position, next.length);
        else
            escaped.append(reference);
        position += next.length;
    }
    return escaped;
}

// Whether it is of the characters of RFC 3986 (section 2), percent-encodings whole.
bool is_uri_text(std::string_view text) noexcept {
    const auto is_hex = [](char c) {
        return detail::is_digit(c) || (detail::to_lower(c) >= 'a' && detail::to_lower(c) <= 'f');
    };
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '%'
                ? i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])
                : !is_letter_or_digit(text[i]) &&
                      std::string_view("-._~:/?#[]@!$&'()*+,;=").find(text[i]) == std::string_view::npos)
            return false;
    return true;
}

// Only what cannot be one is found out: what the service takes is the service's affair.
bool is_sip_uri(std::string_view text) noexcept {
    const auto scheme = text.substr(0, text.find(':'));
    if (scheme.size() == text.size() || !is_uri_text(text) ||
        (!detail::equals_ignoring_case(scheme, "sip") && !detail::equals_ignoring_case(scheme, "sips")))
        return false;
    auto host = text.substr(scheme.size() + 1);
    host.remove_prefix(host.find('@') + 1); // from the front when there is no user
    return !host.empty() && (is_letter_or_digit(host.front()) || host.front() == '[');
}

verb transfer_to(std::string_view sip_uri, const std::string& uui) {
    if (!is_sip_uri(sip_uri))
        refuse_argument("sip_uri", "is no SIP URI");
    return verb("Transfer").add(verb("SipUri").attribute("uui", uui).text(sip_uri));
}

} // namespace

verb::verb(std::string_view name) : name_(name) {
    if (!is_name(name))
        refuse_argument("verb", "has no name of an XML element");
}

verb& verb::attribute(std::string_view name, std::string_view value) {
    if (!is_name(name))
        refuse_argument("attribute", "has no name of an XML attribute");
    if (std::find(attribute_names_.begin(), attribute_names_.end(), name) != attribute_names_.end())
        refuse_argument(name, "is there already");
    const std::string escaped = escape(name, value, place::attribute);
    attribute_names_.emplace_back(name);
    attributes_.append(1, ' ').append(name).append("=\"").append(escaped).append(1, '"');
    return *this;
}

verb& verb::text(std::string_view content) {
    content_ += escape(name_, content, place::content);
    return *this;
}

verb& verb::add(const verb& child) {
    content_ += child.str();
    return *this;
}

std::string verb::str() const {
    std::string xml;
    xml.append(1, '<').append(name_).append(attributes_);
    if (content_.empty())
        return xml.append("/>");
    return xml.append(1, '>').append(content_).append("</").append(name_).append(1, '>');
}

std::string response::str() const { return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + root_.str(); }

std::string uui(const participant_token& token) {
    if (token.empty())
        refuse_argument("token", "is empty");
    // Base64url and dots (RFC 7515, section 3.1), which mean nothing in the grammar of RFC 7433.
    if (!detail::is_unreserved(token.reveal()))
        refuse_argument("token", "is no JSON Web Token");
    return token.reveal() + ";encoding=jwt";
}

std::string uui(const participant_token& token, const voice_call_id& call) {
    std::string_view id = call.value();
    if (id.starts_with("c-"))
        id.remove_prefix(2);
    std::string bare;
    std::copy_if(id.begin(), id.end(), std::back_inserter(bare), [](char c) { return c != '-'; });
    if (bare.empty())
        refuse_argument("voice call id", "is empty");
    if (!std::all_of(bare.begin(), bare.end(), is_letter_or_digit))
        refuse_argument("voice call id", "holds something else than letters, digits and hyphens");
    return bare.append(";encoding=base64,").append(uui(token));
}

verb transfer(const participant_token& token, std::string_view sip_uri) {
    return transfer_to(sip_uri, uui(token));
}

verb transfer(const participant_token& token, const voice_call_id& call, std::string_view sip_uri) {
    return transfer_to(sip_uri, uui(token, call));
}

verb connect(const endpoint_id& endpoint, std::optional<std::string_view> event_callback_url,
             std::optional<std::string_view> event_fallback_url) {
    if (const auto wrong = detail::validate_id("endpoint id", endpoint.value()))
        throw api_error(failure(errc::invalid_argument, "bxml: " + *wrong));
    verb made("Connect");
    if (event_callback_url && event_callback_url->empty())
        refuse_argument("eventCallbackUrl", "is empty");
    if (event_callback_url)
        made.attribute("eventCallbackUrl", *event_callback_url);
    if (event_fallback_url && event_fallback_url->empty())
        refuse_argument("eventFallbackUrl", "is empty");
    if (event_fallback_url)
        made.attribute("eventFallbackUrl", *event_fallback_url);
    return made.add(verb("Endpoint").text(endpoint.value()));
}

} // namespace bandwidth::webrtc::bxml
