#include "observability/spdlog_logger.hpp"

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace {

namespace webrtc = bandwidth::webrtc;

struct spdlog_lines {
    explicit spdlog_lines(spdlog::level::level_enum level) {
        to->set_level(level);
        to->set_pattern("%l|%v");
    }

    std::ostringstream text;
    std::shared_ptr<spdlog::logger> to =
        std::make_shared<spdlog::logger>("client", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
};

void tell_of_each_level(webrtc::logger& client) {
    webrtc::observed_call call;
    call.number = 1;
    call.operation = "get_session";
    call.method = "GET";
    call.path = "/{}/%s"; // no format
    client.call_started(call);
    webrtc::observed_call_end end;
    end.call = call;
    end.error = webrtc::errc::queue_full;
    client.call_ended(end);
    webrtc::observed_connection_end failed;
    failed.error = webrtc::errc::connect_failed;
    client.connect_failed(failed);
    webrtc::observed_token token;
    token.error = webrtc::errc::token_refused;
    client.token_changed(token);
}

} // namespace

TEST_CASE("spdlog: the client's lines have spdlog's levels") {
    spdlog_lines lines(spdlog::level::trace);
    tell_of_each_level(*example::make_spdlog_logger(lines.to));
    const auto text = lines.text.str();
    CHECK(text.find("debug|call 1 get_session GET /{}/%s starts\n") == 0);
    CHECK(text.find("\ninfo|call 1 get_session") != std::string::npos);
    CHECK(text.find("\nwarning|connection 0") != std::string::npos);
    CHECK(text.find("\nerror|an access token could not be fetched: token_refused\n") != std::string::npos);
}

TEST_CASE("spdlog: less is written at a higher level") {
    for (const auto& [level, count] : {std::pair(spdlog::level::debug, 4),
                                       {spdlog::level::info, 3},
                                       {spdlog::level::warn, 2},
                                       {spdlog::level::err, 1}}) {
        spdlog_lines lines(level);
        tell_of_each_level(*example::make_spdlog_logger(lines.to));
        const auto text = lines.text.str();
        CHECK(std::count(text.begin(), text.end(), '\n') == count);
    }
}
