#pragma once

#include <bandwidth/webrtc/logger.hpp>
#include <bandwidth/webrtc/observer.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace example {

namespace json = boost::json;
namespace webrtc = bandwidth::webrtc;

/// A log for machines: one JSON object in each line of standard output, with `time`, `level` and `message`. For one
/// thread.
class json_log {
public:
    /// \param most the least important lines that are written
    explicit json_log(webrtc::log_level most) noexcept : most_(most) {}

    bool wants(webrtc::log_level level) const noexcept { return level <= most_; }
    /// \param fields stand behind the three that each line has
    void write(webrtc::log_level level, std::string_view message, const json::object& fields = {});

private:
    webrtc::log_level most_;
};

/// Text from elsewhere for a field of the log: printable ASCII, with "?" for all else, and not too long.
std::string printable(std::string_view text);

/// What the client does, in that log: its calls with `call` (a number that all lines of a call have), `operation` and
/// `trace_id`; its connections; its access tokens.
class client_log final : public webrtc::observer {
public:
    /// \param log must outlive the client
    explicit client_log(json_log& log) noexcept : log_(log) {}

    void attempt_ended(const webrtc::observed_attempt_end& event) noexcept override;
    void call_sent_again(const webrtc::observed_resend& event) noexcept override;
    void call_ended(const webrtc::observed_call_end& event) noexcept override;
    void connection_opened(const webrtc::observed_connection_open& event) noexcept override;
    void connection_closed(const webrtc::observed_connection_end& event) noexcept override;
    void connect_failed(const webrtc::observed_connection_end& event) noexcept override;
    void token_changed(const webrtc::observed_token& event) noexcept override;

private:
    json_log& log_;
};

} // namespace example
