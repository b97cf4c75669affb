#include "session_service/settings.hpp"

#include <charconv>
#include <string_view>
#include <system_error>

namespace example {

namespace {

template <class Number>
bool parse_number(std::string_view text, Number& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc() && end == text.data() + text.size();
}

bool parse_duration(std::string_view text, std::chrono::milliseconds& duration) {
    std::uint32_t number = 0;
    if (!parse_number(text, number))
        return false;
    duration = std::chrono::milliseconds(number);
    return true;
}

bool parse_level(std::string_view text, bandwidth::webrtc::log_level& level) {
    using bandwidth::webrtc::log_level;
    for (const auto each : {log_level::error, log_level::warning, log_level::info, log_level::debug}) {
        if (text != to_string(each))
            continue;
        level = each;
        return true;
    }
    return false;
}

bool parse_option(std::string_view name, std::string_view value, settings& chosen) {
    if (name == "--port")
        return parse_number(value, chosen.port);
    if (name == "--timeout")
        return parse_duration(value, chosen.timeout) && chosen.timeout.count() > 0;
    if (name == "--notice")
        return parse_duration(value, chosen.notice);
    if (name == "--grace")
        return parse_duration(value, chosen.grace);
    if (name == "--log-level")
        return parse_level(value, chosen.log_level);
    for (const auto& [option, file] : {std::pair("--credentials", &chosen.credentials_file),
                                       {"--ca-file", &chosen.ca_file},
                                       {"--client-certificate", &chosen.certificate_file},
                                       {"--client-key", &chosen.key_file}}) {
        if (name != option)
            continue;
        *file = value;
        return !value.empty();
    }
    return false;
}

} // namespace

std::optional<settings> parse_settings(int argc, char** argv) {
    settings chosen;
    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !parse_option(argv[i], argv[i + 1], chosen))
            return std::nullopt;
    if (chosen.certificate_file.empty() != chosen.key_file.empty())
        return std::nullopt;
    return chosen;
}

const char* usage() noexcept {
    return "usage: session_service [--port N] [--timeout MS] [--notice MS] [--grace MS]\n"
           "           [--log-level error|warning|info|debug] [--credentials FILE] [--ca-file FILE]\n"
           "           [--client-certificate FILE --client-key FILE]\n";
}

} // namespace example
