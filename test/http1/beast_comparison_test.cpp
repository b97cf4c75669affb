// The reader's grammar beside Boost.Beast's, which many have used for years, on random responses that are
// nearly right: whatever the reader accepts, Beast reads in the same way. The other way round there is what
// the reader refuses on purpose, so that is only required of responses without what it refuses.

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "core/http_grammar.hpp"
#include "http1/reading.hpp"
#include "support/random_numbers.hpp"

namespace http = boost::beast::http;

namespace {

struct beast_reading {
    bool done = false;
    bool failed = false;
    test::kept_response said;
    std::size_t left = 0;
};

beast_reading read_with_beast(const std::string& wire) {
    http::response_parser<http::string_body> parser;
    parser.header_limit(64 * 1024);
    boost::system::error_code ec;
    std::size_t taken = 0;
    while (!ec && !parser.is_done() && taken < wire.size())
        taken += parser.put(boost::asio::buffer(wire.data() + taken, wire.size() - taken), ec);
    beast_reading result;
    result.failed = ec && ec != http::error::need_more;
    result.done = !result.failed && parser.is_done();
    result.left = wire.size() - taken;
    if (result.done) {
        const auto& said = parser.get();
        // Of several the last one counts, but for Retry-After.
        const auto last = [&said](const char* name) {
            std::string value;
            for (const auto& field : said)
                if (boost::beast::iequals(field.name_string(), name))
                    value = field.value();
            return value;
        };
        result.said = {static_cast<int>(said.result_int()),
                       parser.keep_alive(),
                       said.body(),
                       last("content-type"),
                       last("x-request-id"),
                       std::string(said[http::field::retry_after]),
                       last("date")};
    }
    return result;
}

/// A response made of pieces that are right, and then spoiled here and there.
class response_maker {
public:
    explicit response_maker(std::uint64_t seed) : random_(seed) {}

    std::string make() {
        const std::string body(upto(20), 'b');
        std::string wire = pick({"HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 404 Not Found\r\n",
                                 "HTTP/1.1 204 \r\n", "HTTP/1.1 200\r\n", "HTTP/1.1 503 \tmany words\t\r\n"});
        for (auto count = upto(5); count != 0; --count)
            wire += pick({"Content-Type: application/json\r\n", "X-Request-Id:r1\r\n",
                          "Retry-After: \t 7 \r\n", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "Empty:\r\n",
                          "Connection: keep-alive\r\n", "Connection: close, x\r\n", "Connection: , ,\r\n",
                          "Folded: one\r\n two\r\n\tthree\r\n", "X-Obs: \xe4\xf6\r\n",
                          "Content-Type: text/plain\r\n  ;a=b\r\n", "Odd!#$%&'*+-.^_`|~: tokens\r\n"});
        if (upto(2) == 0) {
            wire += "Transfer-Encoding: chunked\r\n\r\n" +
                    pick({"", "3\r\nabc\r\n", "0a;x=\"y;z\" ; w\r\n0123456789\r\n", "1 ; a = b\r\nx\r\n"}) +
                    pick({"0\r\n\r\n", "000;e\r\n\r\n"});
        } else {
            const auto length = std::to_string(body.size());
            wire += pick({"Content-Length: " + length + "\r\n", "content-length:" + length + "\r\n",
                          "Content-Length: " + length + ", " + length + "\r\n"});
            wire += "\r\n" + body;
        }
        for (auto count = upto(3); count > 1; --count)
            spoil(wire);
        return wire + pick({"", "", "HTTP/1.1 200"});
    }

private:
    std::size_t upto(std::size_t most) { return random_.pick(static_cast<unsigned>(most + 1)); }
    std::string pick(const std::vector<std::string>& from) { return from[upto(from.size() - 1)]; }

    void spoil(std::string& wire) {
        const auto at = upto(wire.size() - 1);
        constexpr std::string_view bytes(
            "\0\t\n\r \"(,/:;=@\\{\x7f\x80\xff"
            "0Az-",
            22);
        const char byte = bytes[upto(bytes.size() - 1)];
        switch (upto(3)) {
        case 0:
            wire[at] = byte;
            break;
        case 1:
            wire.insert(at, 1, byte);
            break;
        case 2:
            wire.erase(at, 1);
            break;
        default:
            wire.insert(at, wire.substr(at, upto(30)));
            break;
        }
    }

    support::random_numbers random_;
};

// What Beast lets through and the reader does not (see response_reader.hpp), so that nothing is said of it.
bool refused_on_purpose(const std::string& wire) {
    const auto said = [&wire](std::string_view what) { return wire.find(what) != std::string::npos; };
    const auto status = wire.size() < 12 ? std::string() : wire.substr(9, 3);
    const bool final_status = status >= "200" && status <= "599";
    return !final_status || said("ncoding:") || said("chunked") || said("Transfer");
}

// Beast wants the space before an absent reason.
std::string with_space(std::string wire) {
    if (wire.substr(std::min<std::size_t>(wire.size(), 12), 2) == "\r\n")
        wire.insert(12, 1, ' ');
    return wire;
}

} // namespace

TEST_CASE("what the reader accepts Beast reads in the same way, and little else") {
    const auto seed = support::number_from_environment("BANDWIDTH_WEBRTC_TEST_SEED", 1);
    INFO("seed ", seed);
    response_maker maker(seed);
    std::size_t accepted = 0, refused = 0;
    for (int i = 0; i < 40'000; ++i) {
        const auto wire = maker.make();
        INFO("wire: ", doctest::toString(wire));
        test::reading_options one;
        one.most_responses = 1;
        const auto ours = test::read_cut(wire, {}, one);
        const auto theirs = read_with_beast(with_space(wire));
        if (!ours.responses.empty()) {
            ++accepted;
            REQUIRE(theirs.done);
            auto said = ours.responses[0];
            said.keep_alive_timeout.reset();
            said.keep_alive_max.reset();
            // "close" beside "keep-alive" in HTTP/1.0 keeps the connection for Beast alone.
            if (!said.keep_alive)
                said.keep_alive = theirs.said.keep_alive;
            REQUIRE(said == theirs.said);
            REQUIRE(ours.left.size() == theirs.left);
        } else if (ours.failed) {
            ++refused;
            const bool on_purpose = refused_on_purpose(wire);
            REQUIRE((on_purpose || !theirs.done));
        }
    }
    CHECK(accepted > 10'000);
    CHECK(refused > 5'000);
}

TEST_CASE("a control character is found wherever it stands") {
    using bandwidth::webrtc::detail::find_control;
    for (std::size_t size = 0; size < 40; ++size) {
        for (std::size_t at = 0; at <= size; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                // What comes before must not hide it, nor what comes behind.
                for (const char other : {'\t', ' ', '~', '\x80', '\xff'}) {
                    std::string text(size, other);
                    if (at < size)
                        text[at] = static_cast<char>(byte);
                    const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
                    const auto expected = control && at < size ? at : size;
                    if (find_control(text) != expected)
                        FAIL("byte " << byte << " at " << at << " of " << size);
                    if (find_control(text + '\x7f' + '\x01') != (control && at < size ? at : size))
                        FAIL("byte " << byte << " at " << at << " of " << size << ", with more behind it");
                }
            }
        }
    }
}
