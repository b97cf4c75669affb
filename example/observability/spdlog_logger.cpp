#include "observability/spdlog_logger.hpp"

#include <string_view>
#include <utility>

namespace example {

namespace webrtc = bandwidth::webrtc;

namespace {

spdlog::level::level_enum to_spdlog(webrtc::log_level level) {
    switch (level) {
    case webrtc::log_level::error:
        return spdlog::level::err;
    case webrtc::log_level::warning:
        return spdlog::level::warn;
    case webrtc::log_level::info:
        return spdlog::level::info;
    case webrtc::log_level::debug:
        return spdlog::level::debug;
    }
    return spdlog::level::info;
}

// So that the client makes no lines that nobody wants.
webrtc::log_level least_important(const spdlog::logger& to) {
    if (to.should_log(spdlog::level::debug))
        return webrtc::log_level::debug;
    if (to.should_log(spdlog::level::info))
        return webrtc::log_level::info;
    return to.should_log(spdlog::level::warn) ? webrtc::log_level::warning : webrtc::log_level::error;
}

} // namespace

std::shared_ptr<webrtc::logger> make_spdlog_logger(std::shared_ptr<spdlog::logger> to) {
    const auto most = least_important(*to);
    return std::make_shared<webrtc::logger>(
        most, [to = std::move(to)](webrtc::log_level level, std::string_view line) {
            // A string_view is written as it is: the line is no format. spdlog reports its own failures to its
            // error handler, and throws none of them.
            to->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
        });
}

} // namespace example
