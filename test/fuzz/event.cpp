#include <bandwidth/webrtc/events.hpp>
#include <boost/json.hpp>
#include <string>

#include "core/timestamp.hpp"
#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

using namespace bandwidth::webrtc;
namespace webrtc = bandwidth::webrtc; // `event` alone is the function of this file

void check_kept(const std::string& extra) {
    if (extra.empty())
        return;
    boost::system::error_code error;
    const auto kept = boost::json::parse(extra, error);
    // Boost.JSON refuses some exponents, which are only text here.
    require(error ? extra.find_first_of("eE") != std::string::npos : kept.is_object(),
            "what is kept is an object again");
}

void check_time(const std::optional<event_time>& time) {
    require(!time || (*time >= detail::earliest_timestamp && *time < detail::end_of_timestamps),
            "a time that can be compared");
}

bool is_of_participant(event_kind kind) {
    return kind == event_kind::participant_connected || kind == event_kind::participant_disconnected ||
           kind == event_kind::participant_left;
}

void check(const webrtc::event& read) {
    require(!read.name().empty(), "an event has a name");
    if (is_of_participant(read.kind()))
        require(!read.participant_id().empty(), "an event of a participant has its id");
    else if (read.kind() != event_kind::unknown && read.kind() != event_kind::connect_status)
        require(!read.endpoint_id().empty(), "an event of an endpoint has its id");
    check_time(read.time());
    check_time(read.created_at());
    check_time(read.expires_at());
    check_time(read.device().created_at());
    check_kept(read.extra());
    check_kept(read.device().extra());
}

} // namespace

void event(std::string_view input) {
    const auto read = parse_event(input);
    if (read) {
        check(*read);
        // A field that nobody knows is kept behind the others, and changes nothing else.
        std::string longer(input.substr(0, input.find_last_of('}')));
        const bool has_fields = longer.find('"') != std::string::npos;
        longer.append(has_fields ? "," : "").append(R"("a field that nobody knows":[]})");
        const auto again = parse_event(longer);
        require(again.has_value(), "an unknown field is no failure");
        webrtc::event expected = *read;
        std::string extra = read->extra();
        if (extra.empty())
            extra = R"({"a field that nobody knows":[]})";
        else
            extra.replace(extra.size() - 1, 1, R"(,"a field that nobody knows":[]})");
        require(*again == expected.extra(extra), "an unknown field is kept and changes nothing else");
    } else {
        require(read.error().code() == errc::bad_json, "one kind of failure");
        require(!read.error().message().empty() && read.error().message().size() < 200,
                "a problem is a short text");
    }
    const auto time = detail::parse_timestamp(input);
    check_time(time);
    if (time)
        require(detail::parse_timestamp(std::to_string(time->time_since_epoch().count())) == time,
                "a time is the same as a number");
}

} // namespace fuzz
