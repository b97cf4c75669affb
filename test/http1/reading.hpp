#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "http1/response_reader.hpp"

namespace test {

namespace detail = bandwidth::webrtc::detail;
using bandwidth::webrtc::errc;

/// Header sections: one that is not ended, one whose body follows in chunks.
inline const std::string ok = "HTTP/1.1 200 OK\r\n";
inline const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";

/// What a response said, kept.
struct kept_response {
    int status = 0;
    bool keep_alive = false;
    std::string body, content_type, request_id, retry_after;
    std::string date{};
    std::optional<std::chrono::seconds> keep_alive_timeout{};
    std::string content_coding = {};
    std::optional<unsigned> keep_alive_max{};

    friend bool operator==(const kept_response&, const kept_response&) = default;
};

/// How the stream ends behind the bytes of a test.
enum class ending { none, clean, unclean };

/// What became of a stream of bytes.
struct reading {
    std::vector<kept_response> responses;
    bool failed = false;
    errc error{};
    std::string left;                ///< bytes that were not taken
    std::vector<std::string> fields; ///< of each response, all of them

    friend bool operator==(const reading&, const reading&) = default;
    friend std::ostream& operator<<(std::ostream& out, const reading& value) {
        for (const auto& each : value.responses)
            out << each.status << (each.keep_alive ? " keep-alive " : " close ") << each.body.size()
                << " bytes; ";
        if (value.failed)
            out << "failed with " << bandwidth::webrtc::make_error_code(value.error).message();
        return out << ", left: " << value.left.substr(0, 64);
    }
};

/// Feeds a reader as a connection does: what it leaves is presented again with more behind it. Every piece is
/// in a block of memory of its exact size that dies afterwards, so that a sanitizer sees reads beside it and
/// views that outlive it.
class feeder {
public:
    feeder(const detail::response_limits& limits, std::size_t most_responses)
        : reader_(limits), most_responses_(most_responses) {
        reader_.expect({false, true});
    }

    /// False when it needs no more.
    bool feed(std::string_view piece) {
        const auto size = result_.left.size() + piece.size();
        const auto block = std::make_unique<char[]>(size);
        std::copy(piece.begin(), piece.end(),
                  std::copy(result_.left.begin(), result_.left.end(), block.get()));
        std::string_view input(block.get(), size);
        for (bool going_on = true; going_on;) {
            going_on = false;
            if (result_.responses.size() < most_responses_) {
                const auto status = reader_.feed(input);
                going_on = take(status);
            }
        }
        result_.left = result_.failed ? std::string() : std::string(input);
        return !result_.failed;
    }
    void end(bool clean) {
        if (!result_.failed)
            take(reader_.end_of_stream(clean));
        result_.left.clear();
    }
    const reading& result() const { return result_; }
    const detail::response_reader& reader() const { return reader_; }

private:
    bool take(detail::response_reader::status status) {
        using enum detail::response_reader::status;
        if (status == done) {
            const auto& said = reader_.message();
            result_.responses.push_back(
                {said.status, said.keep_alive, std::string(said.body), std::string(said.content_type),
                 std::string(said.request_id), std::string(said.retry_after), std::string(said.date),
                 said.keep_alive_timeout, std::string(said.content_coding), said.keep_alive_max});
            result_.fields.emplace_back(said.fields);
        } else if (status == failed) {
            result_.failed = true;
            result_.error = reader_.error();
        }
        return status == done;
    }

    detail::response_reader reader_;
    std::size_t most_responses_;
    reading result_;
};

struct reading_options {
    detail::response_limits limits;
    ending end = ending::none;
    std::size_t most_responses = 1000;
};

inline reading_options ended(ending how) {
    reading_options options;
    options.end = how;
    return options;
}

/// Reads `wire` in pieces that end at the positions `cuts`.
inline reading read_cut(std::string_view wire, const std::vector<std::size_t>& cuts,
                        const reading_options& options) {
    feeder fed(options.limits, options.most_responses);
    std::size_t begin = 0;
    bool going_on = true;
    for (const auto cut : cuts) {
        going_on = going_on && fed.feed(wire.substr(begin, cut - begin));
        begin = cut;
    }
    if (going_on && begin < wire.size())
        fed.feed(wire.substr(begin));
    if (options.end != ending::none)
        fed.end(options.end == ending::clean);
    return fed.result();
}

/// Reads `wire` whole, one byte at a time, and cut in two at every position (at about 200 where it is long),
/// and checks that the result is the same each time.
inline reading read_every_way(std::string_view wire, const reading_options& options = {}) {
    const auto whole = read_cut(wire, {}, options);
    std::vector<std::size_t> every(wire.size());
    for (std::size_t i = 0; i < every.size(); ++i)
        every[i] = i + 1;
    INFO("wire: ", std::string(wire.substr(0, 300)));
    CHECK_MESSAGE(read_cut(wire, every, options) == whole, "one byte at a time");
    const std::size_t step = wire.size() <= 2000 ? 1 : wire.size() / 200;
    for (std::size_t cut = 0; cut <= wire.size(); cut += step) {
        const auto halves = read_cut(wire, {cut}, options);
        if (!(halves == whole)) {
            FAIL_CHECK("cut at " << cut << ": " << halves << " instead of " << whole);
            break;
        }
    }
    return whole;
}

} // namespace test
