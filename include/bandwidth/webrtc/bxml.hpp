#pragma once

#include <bandwidth/webrtc/device_token.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Bandwidth XML (BXML): what a call of Bandwidth's Voice API is told to do, as an XML document. Here are the
/// verbs that join a call with a device of WebRTC or BRTC, and what is needed to put other verbs around them:
/// ```cpp
/// bxml::response()
///     .add(bxml::verb("SpeakSentence").text("One moment, please"))
///     .add(bxml::connect(endpoint, "https://example.com/events"))
///     .str();
/// ```
/// It is sent with the content type `application/xml`. The service takes at most 64 KB
/// (https://dev.bandwidth.com/docs/voice/bxml), which is not checked here.
///
/// What comes out is always well-formed: values are escaped, and a function that is given what cannot stand
/// in an XML document throws `api_error` with `errc::invalid_argument`, whose message names the argument and
/// never holds it. Nothing changes then.
namespace bandwidth::webrtc::bxml {

/// Where Bandwidth's gateway between phone calls and participants is: what a call is transferred to.
inline constexpr std::string_view webrtc_sip_uri = "sip:sipx.webrtc.bandwidth.com:5060";

/// A BXML verb: an XML element. Whether the service knows it is not checked.
///
/// What its functions refuse they throw `api_error` with `errc::invalid_argument` for, and change nothing.
///
/// A value type: distinct objects may be used from distinct threads at once. It may hold a participant's
/// token in plain text.
class verb {
public:
    /// An element without attributes and content.
    /// \param name such as "Hangup": a letter or underscore, then letters, digits, hyphens, dots and
    ///     underscores.
    explicit verb(std::string_view name);

    /// Adds an attribute, which must not be there yet.
    /// \param name as an element's: see the constructor
    /// \param value is escaped. Refused: text that is not UTF-8, and characters that XML 1.0 has not, such as
    ///     most control characters.
    verb& attribute(std::string_view name, std::string_view value);

    /// Adds text to the content. `content` is escaped, and refused as an attribute's value is.
    verb& text(std::string_view content);

    /// Adds an element to the content.
    verb& add(const verb& child);

    /// The element as XML, without a declaration.
    [[nodiscard]] std::string str() const;

private:
    std::string name_;
    std::string attributes_; // as they are written
    std::string content_;    // as it is written
    std::vector<std::string> attribute_names_;
};

/// A whole document: `<Response>` with verbs, which the call executes one after the other. Where the last
/// verb brings no further BXML, the call ends.
///
/// A value type: distinct objects may be used from distinct threads at once.
class response {
public:
    /// Adds a verb behind the others.
    response& add(const verb& next) {
        root_.add(next);
        return *this;
    }

    /// The document, with its XML declaration.
    [[nodiscard]] std::string str() const;

private:
    verb root_ = verb("Response");
};

/// The User-to-User Information (RFC 7433) by which the gateway knows the participant:
/// `<token>;encoding=jwt`. For `uui` of the Voice API's create call, with `webrtc_sip_uri` in its `to`, where
/// a call is to be bridged or to join a conference (https://dev.bandwidth.com/docs/webrtc); a transfer has it
/// inside of its BXML.
///
/// The service documents a limit of 256 characters in BXML and of 350 in create call. It is not checked: a
/// real token makes 240 characters, 297 with the id of a call, and Bandwidth's own SDKs send that too.
/// \param token refused when it is empty, or holds a character that does not stand in a JSON Web Token.
[[nodiscard]] std::string uui(const participant_token& token);

/// The same with the id of the phone call, by which Bandwidth finds the two when something has to be
/// debugged: `<id>;encoding=base64,<token>;encoding=jwt`.
/// \param token as above.
/// \param call its "c-" and its hyphens are left out. Refused: what is then empty, or not of letters and
///     digits.
[[nodiscard]] std::string uui(const participant_token& token, const voice_call_id& call);

/// `<Transfer><SipUri uui="...">...</SipUri></Transfer>`: transfers the call that executes it to a
/// participant's device; one call end to end (https://dev.bandwidth.com/docs/voice/bxml/transfer). Attributes
/// such as "transferCallerId" can be added to what is returned.
/// \param token refused as by `uui`.
/// \param sip_uri refused when it is no SIP URI (RFC 3261, section 19.1): "sip:" or "sips:" and a host.
[[nodiscard]] verb transfer(const participant_token& token, std::string_view sip_uri = webrtc_sip_uri);

/// The same with the id of the call, see `uui`.
[[nodiscard]] verb transfer(const participant_token& token, const voice_call_id& call,
                            std::string_view sip_uri = webrtc_sip_uri);

/// `<Connect><Endpoint>...</Endpoint></Connect>`: connects the call that executes it to an endpoint of BRTC,
/// whose device has to be there and eligible
/// (https://dev.bandwidth.com/docs/voice/programmable-voice/bxml/connect).
/// \param endpoint refused when it is empty, or what a call that takes an id refuses.
/// \param event_callback_url where the service posts how the connection goes on
///     (`event_kind::connect_status`); it may be relative. An empty one is refused.
/// \param event_fallback_url where it posts that when it cannot reach the first. The documentation's page
///     does not have it, Bandwidth's SDKs do.
[[nodiscard]] verb connect(const endpoint_id& endpoint,
                           std::optional<std::string_view> event_callback_url = std::nullopt,
                           std::optional<std::string_view> event_fallback_url = std::nullopt);

} // namespace bandwidth::webrtc::bxml
