#include <algorithm>
#include <bandwidth/webrtc/device_token.hpp>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "api/brtc/endpoint_codec.hpp"
#include "api/common/json_reader.hpp"
#include "api/webrtc/codec.hpp"
#include "core/utf8.hpp"
#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

using namespace bandwidth::webrtc;
using detail::codec;

constexpr detail::json_shape shape_without_fields;

bool is_json(std::string_view text) {
    constexpr detail::json_field whole_text = {"text",
                                               detail::json_form::anything,
                                               nullptr,
                                               [](void*, std::string_view) { return true; },
                                               [](void* model) { return model; },
                                               &shape_without_fields};
    return !detail::read_json(text, whole_text, nullptr);
}

void check_extra(const std::string& extra) {
    require(extra.empty() || (extra.front() == '{' && is_json(extra)), "what is kept is an object again");
}

void check(const session& read) {
    require(!read.id().empty(), "a session has an id");
    check_extra(read.extra());
}

void check(const participant& read) {
    require(!read.id().empty(), "a participant has an id");
    check_extra(read.extra());
}

void check(const created_participant& read) {
    check(read.participant());
    check_extra(read.extra());
}

void check(const std::vector<participant>& read) {
    for (const auto& one : read)
        check(one);
}

void check(const subscriptions& read) { check_extra(read.extra()); }

void check(const brtc::endpoint& read) {
    require(!read.id().empty(), "an endpoint has an id");
    check_extra(read.extra());
    for (const auto& device : read.devices())
        check_extra(device.extra());
}

void check(const brtc::created_endpoint& read) { check(read.endpoint()); }

void check(const brtc::endpoint_page& read) {
    for (const auto& one : read.endpoints())
        check(one);
    check_extra(read.extra());
    if (!read.next_cursor())
        return;
    std::string target;
    require(!read.next_cursor()->empty() &&
                !detail::endpoint_codec::append_query(
                    brtc::endpoint_filter().after_cursor(*read.next_cursor()), target),
            "a cursor that was read can be sent");
    require(std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; }),
            "a cursor is encoded");
}

template <class Codec, class Model>
void decode(std::string_view text) {
    Model read;
    if (const auto problem = Codec::decode(text, read)) {
        require(!problem->empty() && problem->size() < 200, "a problem is a short text");
        return;
    }
    require(text.empty() || is_json(text), "a model is read out of JSON only");
    check(read);
}

// Any JSON as a field that is not known: it is kept as it is written. (Not if it is nested as deep as is
// allowed.)
void check_kept(std::string_view text) {
    constexpr std::string_view white_space = " \t\r\n";
    if (!is_json(text))
        return;
    const auto begin = text.find_first_not_of(white_space);
    const auto value = text.substr(begin, text.find_last_not_of(white_space) + 1 - begin);
    session read;
    if (!codec::decode(std::string(R"({"x":)").append(text).append(R"(,"id":"s"})"), read))
        require(read.extra() == std::string(R"({"x":)").append(value).append("}"),
                "what is kept is as it was written");
}

// Any text as a tag: refused, or it arrives as it was.
void check_tag(std::string_view text) {
    std::string body;
    if (codec::encode(session_request{}.tag(std::string(text)), body)) {
        const auto length = detail::count_code_points(text);
        require(!length || *length > 50, "a tag that is well is not refused");
        return;
    }
    boost::system::error_code error;
    const auto value = boost::json::parse(body, error);
    require(!error && value.as_object().size() == 1 &&
                std::string_view(value.as_object().at("tag").as_string()) == text,
            "a tag arrives as it was");
}

} // namespace

void json_codec(std::string_view input) {
    decode<codec, session>(input);
    decode<codec, participant>(input);
    decode<codec, created_participant>(input);
    decode<codec, std::vector<participant>>(input);
    decode<codec, subscriptions>(input);
    decode<detail::endpoint_codec, brtc::endpoint>(input);
    decode<detail::endpoint_codec, brtc::created_endpoint>(input);
    decode<detail::endpoint_codec, brtc::endpoint_page>(input);
    check_kept(input);
    check_tag(input);
    (void)decode_device_token(input);
    // Boost.JSON refuses some exponents, which are only text here.
    if (input.find_first_of("eE") == std::string_view::npos) {
        boost::system::error_code error;
        const auto value = boost::json::parse(boost::json::string_view(input.data(), input.size()), error);
        require(is_json(input) == !error, "JSON is what Boost.JSON takes for it");
    }
}

} // namespace fuzz
