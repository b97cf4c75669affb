#include "api/common/token_response.hpp"

#include <array>
#include <string>
#include <vector>

#include "core/utf8.hpp"
#include "fuzz/targets.hpp"

namespace fuzz {

void token_response(std::string_view input) {
    using namespace bandwidth::webrtc::detail;
    constexpr std::array<int, 8> statuses = {200, 200, 200, 201, 400, 401, 429, 503};
    constexpr std::array<std::string_view, 3> types = {"application/json", "text/html", ""};
    const std::string secret = "S3cr3t";
    decisions choose(input);
    received_token_response received;
    received.status = statuses[choose.byte() % statuses.size()];
    received.content_type = types[choose.byte() % types.size()];
    received.retry_after = choose.piece();
    received.date = choose.piece();
    received.body = choose.rest();
    const auto read = read_token_response(received, {secret});
    if (!read.token.empty()) {
        require(received.status / 100 == 2, "a token comes with a success");
        require(is_bearer_token(read.token), "a token that can stand in a header field");
        require(read.life.count() > 0, "a token that lives");
        return;
    }
    require(bool(read.why.code()), "no token has a reason");
    require(read.why.message().find(secret) == std::string::npos, "no text with a secret");
    require(count_code_points(read.why.message()).has_value(), "a text in UTF-8");
    require(!read.retry_after || read.retry_after->count() >= 0, "a wait that is none of the past");
}

} // namespace fuzz
