#include <bandwidth/webrtc/bxml.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bandwidth/webrtc/error.hpp>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/random_numbers.hpp"

namespace bxml = bandwidth::webrtc::bxml;
using bandwidth::webrtc::api_error;
using bandwidth::webrtc::endpoint_id;
using bandwidth::webrtc::errc;
using bandwidth::webrtc::participant_token;
using bandwidth::webrtc::voice_call_id;

namespace {

const participant_token token("xxxxx.yyyyy.zzzzz");
// The ids of Bandwidth's own tests and documents.
const voice_call_id call("c-93d6f3c0-be584596-0b74-4fa2-8015-d8ede84bd1a4");
const endpoint_id endpoint("e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85");

/// Why a function refuses what it is given; empty when it does not.
template <class Function>
std::string refusal(const Function& function) {
    try {
        static_cast<void>(function());
    } catch (const api_error& error) {
        CHECK(error.code() == errc::invalid_argument);
        return error.failure().message();
    }
    return {};
}

/// An element as a strict parser sees it.
struct element {
    std::string name;
    std::map<std::string, std::string> attributes;
    std::string text;
    std::vector<element> children;
};

/// Reads the part of XML 1.0 that the library writes, and throws at anything else: no doctype, no comments,
/// no white space inside of tags but one space before an attribute, double quotes only.
class strict_parser {
public:
    explicit strict_parser(std::string_view xml) : left_(xml) {}

    element document() {
        expect("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        element root = read_element();
        require(left_.empty());
        return root;
    }

    element read_element() {
        element result;
        expect("<");
        result.name = name();
        while (take(" ")) {
            const std::string attribute = name();
            expect("=\"");
            require(result.attributes.emplace(attribute, characters('"', "<\t\n\r")).second);
            expect("\"");
        }
        if (take("/>"))
            return result;
        expect(">");
        while (!take("</")) {
            result.text += characters('<', "\r");
            if (!left_.starts_with("</"))
                result.children.push_back(read_element());
        }
        expect(result.name);
        expect(">");
        return result;
    }

private:
    static void require(bool condition) {
        if (!condition)
            throw std::runtime_error("not well-formed");
    }
    bool take(std::string_view what) {
        if (!left_.starts_with(what))
            return false;
        left_.remove_prefix(what.size());
        return true;
    }
    void expect(std::string_view what) { require(take(what)); }

    std::string name() {
        const auto size = std::min(left_.size(), left_.find_first_of(" =/><\"&;"));
        require(size != 0);
        const std::string result(left_.substr(0, size));
        left_.remove_prefix(size);
        return result;
    }

    std::string characters(char end, std::string_view refused) {
        std::string result;
        while (!left_.starts_with(end)) {
            require(!left_.empty() && refused.find(left_.front()) == std::string_view::npos);
            require(!left_.starts_with("]]>"));
            if (left_.front() == '&') {
                result += reference();
                continue;
            }
            const auto c = static_cast<unsigned char>(left_.front());
            require(c >= 0x20 || c == '\t' || c == '\n');
            result += left_.front();
            left_.remove_prefix(1);
        }
        return result;
    }

    char reference() {
        constexpr std::pair<std::string_view, char> known[] = {
            {"&amp;", '&'}, {"&lt;", '<'},   {"&gt;", '>'},  {"&quot;", '"'},
            {"&#9;", '\t'}, {"&#10;", '\n'}, {"&#13;", '\r'}};
        for (const auto& [text, character] : known)
            if (take(text))
                return character;
        throw std::runtime_error("an unknown reference");
    }

    std::string_view left_;
};

std::string random_text(support::random_numbers& random) {
    const char* const pieces[] = {"&",
                                  "<",
                                  ">",
                                  "\"",
                                  "'",
                                  "]]>",
                                  "&amp;",
                                  "&#0;",
                                  "<!--",
                                  "<![CDATA[",
                                  "\t",
                                  "\n",
                                  "\r",
                                  " ",
                                  "a",
                                  "Z9",
                                  "</x>",
                                  "?>",
                                  "%00",
                                  "\x7F",
                                  "é",
                                  "€",
                                  "\xF0\x9F\x98\x80",
                                  "\xC2\x85",
                                  "\xE2\x80\xA8",
                                  "\xEF\xBF\xBD",
                                  "=",
                                  "/"};
    std::string text;
    for (unsigned count = random.pick(8); count != 0; --count)
        text += pieces[random.pick(std::size(pieces))];
    return text;
}

} // namespace

TEST_CASE("a transfer is written as Bandwidth's SDKs write it") {
    // PHP, Ruby and Python 14, byte by byte.
    CHECK(bxml::response().add(bxml::transfer(participant_token("asdf"), call)).str() ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Transfer><SipUri "
          "uui=\"93d6f3c0be5845960b744fa28015d8ede84bd1a4;encoding=base64,asdf;encoding=jwt\">"
          "sip:sipx.webrtc.bandwidth.com:5060</SipUri></Transfer></Response>");
    CHECK(bxml::transfer(participant_token("asdf"), call, "sip:test").str() ==
          "<Transfer><SipUri "
          "uui=\"93d6f3c0be5845960b744fa28015d8ede84bd1a4;encoding=base64,asdf;encoding=jwt\">"
          "sip:test</SipUri></Transfer>");
    CHECK(bxml::transfer(token).str() ==
          "<Transfer><SipUri uui=\"xxxxx.yyyyy.zzzzz;encoding=jwt\">sip:sipx.webrtc.bandwidth.com:5060"
          "</SipUri></Transfer>");
    CHECK(bxml::transfer(token, "sips:a;x=1&y=2").attribute("transferCallerId", "+19195551234").str() ==
          "<Transfer transferCallerId=\"+19195551234\"><SipUri uui=\"xxxxx.yyyyy.zzzzz;encoding=jwt\">"
          "sips:a;x=1&amp;y=2</SipUri></Transfer>");
}

TEST_CASE("a connect is written as Bandwidth documents it") {
    CHECK(bxml::response().add(bxml::connect(endpoint, "https://example.com/callback")).str() ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Connect "
          "eventCallbackUrl=\"https://example.com/callback\"><Endpoint>"
          "e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85</Endpoint></Connect></Response>");
    CHECK(bxml::connect(endpoint_id("e-1")).str() == "<Connect><Endpoint>e-1</Endpoint></Connect>");
    CHECK(bxml::connect(endpoint_id("e-1"), "/events?a=1&b=2", std::string("/more")).str() ==
          "<Connect eventCallbackUrl=\"/events?a=1&amp;b=2\" eventFallbackUrl=\"/more\">"
          "<Endpoint>e-1</Endpoint></Connect>");
    CHECK(bxml::connect(endpoint_id("e-1"), std::nullopt, "/more").str() ==
          "<Connect eventFallbackUrl=\"/more\"><Endpoint>e-1</Endpoint></Connect>");
}

TEST_CASE("a document may have verbs around these, or none") {
    CHECK(bxml::response().str() == "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>");
    CHECK(bxml::response()
              .add(bxml::verb("SpeakSentence").attribute("voice", "julie").text("One & two"))
              .add(bxml::connect(endpoint_id("e-1")))
              .add(bxml::verb("Hangup"))
              .str() ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>"
          "<SpeakSentence voice=\"julie\">One &amp; two</SpeakSentence>"
          "<Connect><Endpoint>e-1</Endpoint></Connect><Hangup/></Response>");
    auto verb = bxml::verb("A");
    verb.text("t").add(verb).text("u");
    CHECK(verb.str() == "<A>t<A>t</A>u</A>");
}

TEST_CASE("the uui of a participant") {
    CHECK(bxml::uui(token) == "xxxxx.yyyyy.zzzzz;encoding=jwt");
    CHECK(bxml::uui(token, call) ==
          "93d6f3c0be5845960b744fa28015d8ede84bd1a4;encoding=base64,xxxxx.yyyyy.zzzzz;encoding=jwt");
    CHECK(bxml::uui(token, voice_call_id("c-1-2")) == bxml::uui(token, voice_call_id("12")));
    // A real token is of 227 characters: over the documented limit, and sent nevertheless.
    const participant_token real(std::string(227, 'x'));
    CHECK(bxml::uui(real).size() == 240);
    CHECK(bxml::uui(real, call).size() == 297);
}

TEST_CASE("every character that means something in XML is escaped") {
    const std::string all = "&<>\"'\t\n\r]]>";
    CHECK(bxml::verb("A").attribute("b", all).str() == "<A b=\"&amp;&lt;&gt;&quot;'&#9;&#10;&#13;]]&gt;\"/>");
    CHECK(bxml::verb("A").text(all).str() == "<A>&amp;&lt;&gt;\"'\t\n&#13;]]&gt;</A>");
    CHECK(bxml::verb("A").text("&amp;").str() == "<A>&amp;amp;</A>");
    const std::string unicode = "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBD \xC2\x85 \x7F";
    CHECK(bxml::verb("A").attribute("b", unicode).text(unicode).str() ==
          "<A b=\"" + unicode + "\">" + unicode + "</A>");
}

TEST_CASE("characters that XML does not have are refused") {
    for (int c = 0; c < 0x20; ++c) {
        if (c == '\t' || c == '\n' || c == '\r')
            continue;
        CAPTURE(c);
        const std::string text = std::string("a") + static_cast<char>(c) + "b";
        CHECK(refusal([&] { return bxml::verb("A").text(text); }) ==
              "bxml: A holds a character that XML does not have");
        CHECK(refusal([&] { return bxml::verb("A").attribute("url", text); }) ==
              "bxml: url holds a character that XML does not have");
    }
    for (const char* text : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
        CHECK(refusal([&] { return bxml::verb("A").text(text); }) ==
              "bxml: A holds a character that XML does not have");
    for (const char* text : {"\xFF", "\x80", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xE2\x82"}) {
        CHECK(refusal([&] { return bxml::verb("A").text(text); }) == "bxml: A is not valid UTF-8");
        CHECK(refusal([&] { return bxml::verb("A").attribute("b", text); }) == "bxml: b is not valid UTF-8");
    }
}

TEST_CASE("names that are none, and attributes that are there, are refused") {
    for (const char* name :
         {"", " ", "1a", "-a", ".a", "a b", "a:b", "a>", "a=", "\xC3\xA9", "a\n", "a/", "<a"}) {
        CAPTURE(std::string(name));
        CHECK(refusal([&] { return bxml::verb(name); }) == "bxml: verb has no name of an XML element");
        CHECK(refusal([&] { return bxml::verb("A").attribute(name, "x"); }) ==
              "bxml: attribute has no name of an XML attribute");
    }
    CHECK(bxml::verb("_a-b.C9").str() == "<_a-b.C9/>");
    auto verb = bxml::verb("A").attribute("a", "1 b=").attribute("b", "2");
    CHECK(refusal([&] { return verb.attribute("b", "3"); }) == "bxml: b is there already");
    CHECK(verb.str() == "<A a=\"1 b=\" b=\"2\"/>"); // as it was
    CHECK(refusal([&] { return bxml::connect(endpoint, "/x").attribute("eventCallbackUrl", "/y"); }) ==
          "bxml: eventCallbackUrl is there already");
}

TEST_CASE("a token that cannot be one is refused, and never told") {
    CHECK(refusal([] { return bxml::uui(participant_token()); }) == "bxml: token is empty");
    CHECK(refusal([] { return bxml::transfer(participant_token()); }) == "bxml: token is empty");
    CHECK(refusal([] { return bxml::transfer(participant_token(), call); }) == "bxml: token is empty");
    for (const char* text :
         {"secret;x", "secret,x", "secret\n", "secret\"", "secret x", "secret=", "secret\xFF"}) {
        CHECK(refusal([&] { return bxml::uui(participant_token(text)); }) ==
              "bxml: token is no JSON Web Token");
        CHECK(refusal([&] { return bxml::transfer(participant_token(text)); }) ==
              "bxml: token is no JSON Web Token");
        CHECK(refusal([&] { return bxml::uui(participant_token(text), call); }) ==
              "bxml: token is no JSON Web Token");
    }
}

TEST_CASE("ids that cannot be any are refused") {
    for (const char* id : {"", "c-", "-", "c---"})
        CHECK(refusal([&] { return bxml::uui(token, voice_call_id(id)); }) == "bxml: voice call id is empty");
    for (const char* id : {"c-1;2", "c 1", "sip:a", "c-1\xC3\xA9", "c-1,", "c-\""})
        CHECK(refusal([&] { return bxml::transfer(token, voice_call_id(id)); }) ==
              "bxml: voice call id holds something else than letters, digits and hyphens");
    CHECK(refusal([] { return bxml::connect(endpoint_id()); }) == "bxml: endpoint id is empty");
    CHECK(refusal([] { return bxml::connect(endpoint_id("a/b")); }) ==
          "bxml: endpoint id contains a slash or a backslash");
    CHECK(refusal([] { return bxml::connect(endpoint_id("a\nb")); }) ==
          "bxml: endpoint id contains a control character");
    CHECK(refusal([] { return bxml::connect(endpoint_id("\xFF")); }) == "bxml: Endpoint is not valid UTF-8");
    CHECK(refusal([] { return bxml::connect(endpoint, ""); }) == "bxml: eventCallbackUrl is empty");
    CHECK(refusal([] { return bxml::connect(endpoint, "/x", ""); }) == "bxml: eventFallbackUrl is empty");
}

TEST_CASE("a SIP URI that is none is refused") {
    for (const char* uri :
         {"",          "sip",        "sip:",      "sips:",   "tel:+1919", "https://example.com",
          "sipx:host", ":host",      "sip:user@", "sip:;x",  "sip:a b",   "sip:a\nb",
          "sip:a\"",   "sip:<a>",    "sip:%",     "sip:a%4", "sip:a%4g",  "sip:h\xC3\xA9",
          " sip:host", "c-93d6f3c0", "sip:a\\b"}) {
        CAPTURE(std::string(uri));
        CHECK(refusal([&] { return bxml::transfer(token, uri); }) == "bxml: sip_uri is no SIP URI");
    }
    for (const char* uri :
         {"sip:host", "SIP:host:5060", "sips:user:pass@host;transport=tls?a=b&c=%20", "sip:[::1]:5060",
          "sip:sipx-rtc.edge.bandwidth.com:5060", "sip:+19195551234@example.com"})
        CHECK(refusal([&] { return bxml::transfer(token, uri); }).empty());
}

TEST_CASE("whatever text goes in comes out of a strict parser, and of Boost's, as it was") {
    support::random_numbers random(1998);
    for (int round = 0; round < 5'000; ++round) {
        const std::string value = random_text(random), text = random_text(random),
                          nested = random_text(random);
        const std::string xml = bxml::response()
                                    .add(bxml::verb("Outer")
                                             .attribute("one", value)
                                             .attribute("two", text)
                                             .text(text)
                                             .add(bxml::verb("Inner").text(nested)))
                                    .add(bxml::connect(endpoint_id("e-1"), value.empty() ? "/" : value))
                                    .str();
        CAPTURE(xml);
        const element root = strict_parser(xml).document();
        REQUIRE(root.children.size() == 2);
        const element& outer = root.children[0];
        CHECK(outer.attributes.at("one") == value);
        CHECK(outer.attributes.at("two") == text);
        CHECK(outer.text == text);
        CHECK(outer.children.at(0).text == nested);
        CHECK(root.children[1].attributes.at("eventCallbackUrl") == (value.empty() ? "/" : value));

        std::istringstream stream(xml);
        boost::property_tree::ptree tree;
        boost::property_tree::read_xml(stream, tree);
        CHECK(tree.get<std::string>("Response.Outer.<xmlattr>.one") == value);
        CHECK(tree.get<std::string>("Response.Outer.<xmlattr>.two") == text);
        CHECK(tree.get<std::string>("Response.Outer.Inner") == nested);
    }
}

TEST_CASE("random bytes are refused or well-formed") {
    support::random_numbers random(2006);
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes;
        for (unsigned count = random.pick(6); count != 0; --count)
            bytes += static_cast<char>(random.pick(256));
        std::string xml;
        const std::string why = refusal([&] {
            xml = bxml::response().add(bxml::verb("A").attribute("b", bytes).text(bytes)).str();
            return 0;
        });
        if (!why.empty())
            continue;
        ++accepted;
        const element root = strict_parser(xml).document();
        CHECK(root.children.at(0).attributes.at("b") == bytes);
        CHECK(root.children.at(0).text == bytes);
    }
    CHECK(accepted > 1'000);
}
