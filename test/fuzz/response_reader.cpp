#include "http1/response_reader.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

namespace detail = bandwidth::webrtc::detail;
using status = detail::response_reader::status;

struct kept_response {
    int status = 0;
    bool keep_alive = false;
    std::string body, content_type, request_id, retry_after, date;
    std::optional<std::chrono::seconds> keep_alive_timeout;
    std::string content_coding = {};
    std::optional<unsigned> keep_alive_max;

    friend bool operator==(const kept_response&, const kept_response&) = default;
};

struct reading {
    std::vector<kept_response> responses;
    bool failed = false;
    bool in_head = false; ///< it ended in a header section of which not all had come
};

/// Reads `wire` in pieces of the sizes that `next_size` gives, each in memory of its own.
template <class NextSize>
reading read(std::string_view wire, const detail::response_limits& limits, NextSize next_size) {
    detail::response_reader reader(limits);
    reading result;
    std::string left;
    while (!wire.empty() && !result.failed) {
        const auto size = std::min<std::size_t>(std::max<std::size_t>(next_size(), 1), wire.size());
        const auto all = left.size() + size;
        const auto block = std::make_unique<char[]>(all);
        std::copy_n(wire.begin(), size, std::copy(left.begin(), left.end(), block.get()));
        wire.remove_prefix(size);
        std::string_view input(block.get(), all);
        auto verdict = status::need_more;
        while ((verdict = reader.feed(input)) == status::done) {
            const auto& said = reader.message();
            require(said.status >= 200 && said.status <= 599, "a final status");
            require(said.body.size() <= limits.body_bytes, "a body within its limit");
            require(!reader.started() && !reader.header_done(), "nothing is started behind a response");
            result.responses.push_back(
                {said.status, said.keep_alive, std::string(said.body), std::string(said.content_type),
                 std::string(said.request_id), std::string(said.retry_after), std::string(said.date),
                 said.keep_alive_timeout, std::string(said.content_coding), said.keep_alive_max});
        }
        result.failed = verdict == status::failed;
        left = std::string(input);
        require(result.failed || left.size() <= limits.header_bytes, "what is left is within the limits");
    }
    result.in_head = !reader.header_done();
    return result;
}

} // namespace

void response_reader(std::string_view input) {
    decisions choose(input);
    const auto flavour = choose.byte();
    detail::response_limits limits;
    if (flavour & 1U) {
        limits.header_bytes = 256;
        limits.body_bytes = 128;
        limits.fields = 6;
        limits.interim = 2;
        limits.chunk_extension = 16;
    }
    const auto wire = choose.rest();
    const auto whole = read(
        wire, limits, [&] { return wire.size(); });
    const auto bytes = read(
        wire, limits, [] { return 1U; });
    const auto pieces =
        read(wire, limits, [n = unsigned(flavour)]() mutable { return n = n * 5 + 3, n % 61; });
    for (const auto& cut : {bytes, pieces}) {
        // A header section that cannot be right is refused at once where all of it is there, else when it
        // ends: so a failure may come later in pieces, but never another response.
        require(cut.responses == whole.responses, "the same responses however the bytes are cut");
        require(cut.failed == whole.failed || (whole.failed && cut.in_head), "the same end");
    }
}

} // namespace fuzz
