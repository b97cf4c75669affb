#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "api/common/error_body.hpp"
#include "api/decoding.hpp"
#include "core/redact.hpp"
#include "core/utf8.hpp"

// Bodies with random damage: nothing may crash, and what is accepted must be usable.

using namespace bandwidth::webrtc;

namespace {

const std::vector<std::string>& bodies() {
    static const std::vector<std::string> all{
        R"({"id":"75c21163-e110-41bc-bd76-1bb428ec85d5","tag":"session1"})",
        R"({"participant":{"id":"p","callbackUrl":null,"publishPermissions":["VIDEO","AUDIO"],"sessions":["s"],)"
        R"("subscriptions":{"sessionId":"s","participants":[{"participantId":"q","streamAliases":["a","b"]}]},)"
        R"("tag":"\u00e9","deviceApiVersion":"V3"},"token":"eyJhbGciOiJIUzI1NiJ9.e30.c2ln"})",
        R"([{"id":"a","x":{"y":[1,2,3]}},{"id":"b"}])",
        R"({"sessionId":"s","participants":[{"participantId":"q"}]})",
        R"({"error":"Internal error","requestId":"12af78d1-5f88-4917-925d-17c1ac8fda7a"})",
        R"({"links":[],"data":{"endpointId":"e","token":"eyJhbGciOiJIUzI1NiJ9.e30.c2ln","status":"CONNECTED",)"
        R"("devices":[{"deviceId":"d","creationTimestamp":"2021-01-01T00:00:00Z"}]},"errors":[]})",
        R"({"links":[{"href":"https://a/b?limit=2&afterCursor=TWF5==","rel":"next"}],"page":{"pageSize":2},)"
        R"("data":[{"endpointId":"e","tag":null},{"endpointId":"f"}],"errors":[]})",
        R"({"data":null,"errors":[{"id":"1","type":"t","code":"400","source":{"header":"Authorization"}}]})",
    };
    return all;
}

std::string damaged(std::string text, std::mt19937& random) {
    const auto below = [&random](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    for (std::size_t rounds = 1 + below(4); rounds != 0 && !text.empty(); --rounds) {
        const std::size_t at = below(text.size());
        switch (below(5)) {
        case 0:
            text[at] = static_cast<char>(below(256));
            break;
        case 1:
            text.erase(at, 1 + below(8));
            break;
        case 2:
            text.insert(at, 1 + below(40), "[{\",:\\ \xC3n0"[below(11)]);
            break;
        case 3:
            text.insert(at, text.substr(below(text.size()), below(30)));
            break;
        default:
            text.resize(at);
        }
    }
    return text;
}

template <class Model>
bool survives(const std::string& text) {
    Model model;
    return !codec_for<Model>::decode(text, model);
}

} // namespace

TEST_CASE("damaged bodies are read or refused, and never crash") {
    std::mt19937 random(65'537);
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        const std::string text = damaged(bodies()[static_cast<std::size_t>(round) % bodies().size()], random);
        accepted += survives<session>(text) ? 1 : 0;
        accepted += survives<participant>(text) ? 1 : 0;
        accepted += survives<created_participant>(text) ? 1 : 0;
        accepted += survives<std::vector<participant>>(text) ? 1 : 0;
        accepted += survives<subscriptions>(text) ? 1 : 0;
        accepted += survives<brtc::endpoint>(text) ? 1 : 0;
        accepted += survives<brtc::created_endpoint>(text) ? 1 : 0;
        accepted += survives<brtc::endpoint_page>(text) ? 1 : 0;

        const detail::error_body error = detail::parse_error_body(text, "application/json");
        if (error.message.size() > 256 || !detail::count_code_points(error.message))
            FAIL_CHECK("unfit message from: ", text);
        if (detail::redact_tokens(text).find("eyJhbGciOiJIUzI1NiJ9.") != std::string::npos)
            FAIL_CHECK("a token is left of: ", text);
    }
    CHECK(accepted > 100);
}

TEST_CASE("what is kept of a damaged session is JSON again") {
    std::mt19937 random(257);
    int kept = 0;
    for (int round = 0; round < 20'000; ++round) {
        session read;
        if (detail::codec::decode(damaged(bodies()[0], random), read) || read.extra().empty())
            continue;
        ++kept;
        // An object whose fields a session does not know, so it reads as a session but for the id.
        CHECK(decode_problem<session>(read.extra()) == "session: no id");
    }
    CHECK(kept > 10);
}
