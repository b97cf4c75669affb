#include <bandwidth/webrtc/bxml.hpp>
#include <bandwidth/webrtc/error.hpp>
#include <string>

#include "core/utf8.hpp"
#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

using namespace bandwidth::webrtc;

/// The text that stands behind `before`, up to the character `end`, its references resolved.
std::string value_behind(std::string_view xml, std::string_view before, char end) {
    const auto begin = xml.find(before);
    require(begin != std::string_view::npos, "the element is there");
    std::string_view left = xml.substr(begin + before.size());
    left = left.substr(0, left.find(end));
    std::string value;
    while (!left.empty()) {
        require(left.front() != '<' && left.front() != '>', "no markup in a value");
        const auto size = left.front() == '&' ? left.find(';') + 1 : 1;
        const auto piece = left.substr(0, size);
        const char character = piece == "&amp;"    ? '&'
                               : piece == "&lt;"   ? '<'
                               : piece == "&gt;"   ? '>'
                               : piece == "&quot;" ? '"'
                               : piece == "&#9;"   ? '\t'
                               : piece == "&#10;"  ? '\n'
                               : piece == "&#13;"  ? '\r'
                                                   : piece.front();
        require(size == 1 || (size != 0 && character != piece.front()) || piece == "&amp;",
                "a reference is one of these");
        value += character;
        left.remove_prefix(piece.size());
    }
    return value;
}

// Whether XML 1.0 (section 2.2) has each of its characters, other than the library finds it.
bool is_xml_text(std::string_view text) {
    if (!detail::count_code_points(text))
        return false;
    if (text.find("\xEF\xBF\xBE") != std::string_view::npos ||
        text.find("\xEF\xBF\xBF") != std::string_view::npos)
        return false;
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
    return true;
}

template <class Function>
std::string document_of(const Function& build) {
    try {
        return bandwidth::webrtc::bxml::response().add(build()).str();
    } catch (const api_error& refused) {
        require(refused.code() == errc::invalid_argument, "one kind of refusal");
        return {};
    }
}

} // namespace

void bxml(std::string_view input) {
    namespace library = bandwidth::webrtc::bxml;
    const std::string any(input);
    const auto xml = document_of([&] { return library::verb("A").attribute("b", any).text(any); });
    require(xml.empty() == !is_xml_text(input), "refused is what XML does not have, and nothing else");
    if (!xml.empty()) {
        require(value_behind(xml, "<A b=\"", '"') == any, "an attribute arrives as it was");
        require(any.empty() || value_behind(xml, "\">", '<') == any, "a text arrives as it was");
    }
    // As a name, a token, an id, a URI, a URL.
    const auto named = document_of([&] { return library::verb(input); });
    require(named.empty() || (named.find("<" + any + "/>") != std::string::npos),
            "a name is written as it is");
    document_of([&] { return library::transfer(participant_token(any), voice_call_id(any), any); });
    const auto to = document_of([&] { return library::transfer(participant_token("a.b.c"), any); });
    require(to.empty() || value_behind(to, "jwt\">", '<') == any, "a URI arrives as it was");
    const auto connected = document_of([&] { return library::connect(endpoint_id("e-1"), input, any); });
    require(connected.empty() || value_behind(connected, "eventCallbackUrl=\"", '"') == any,
            "a URL arrives as it was");
    const auto endpoint = document_of([&] { return library::connect(endpoint_id(any)); });
    require(endpoint.empty() || value_behind(endpoint, "<Endpoint>", '<') == any, "an id arrives as it was");
}

} // namespace fuzz
