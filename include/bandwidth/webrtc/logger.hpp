#pragma once

#include <bandwidth/webrtc/observer.hpp>
#include <cstdint>
#include <functional>
#include <string_view>

namespace bandwidth::webrtc {

/// How important a line is; a higher one includes those before.
enum class log_level : std::uint8_t {
    error = 1, ///< an access token could not be fetched
    warning,   ///< a connection could not be made, or was lost
    info,      ///< failed calls but cancelled ones, calls sent again, connections that close, new tokens
    debug      ///< every call, attempt and connection
};
/// "error", "warning", "info" or "debug".
const char* to_string(log_level value) noexcept;

/// An observer that writes lines for people:
/// `options.add_observer(std::make_shared<webrtc::logger>(level, function))`. A line has no line break, no
/// time and no level of its own, and holds no secret; texts of the service in it are made printable. Ids of
/// sessions and participants are in the paths.
///
/// Thread safety: that of `function`, which the threads call that run the client, several at once with
/// `shards`.
class logger final : public observer {
public:
    /// Writes one line somewhere. It is quick, since it runs inside the client; what it throws ends the
    /// program.
    using function = std::function<void(log_level level, std::string_view line)>;

    /// \param most the least important lines that are written
    /// \param write is called for each of them; not empty
    explicit logger(log_level most, function write) : most_(most), write_(std::move(write)) {}

    /// A line of the level debug.
    void call_started(const observed_call& event) noexcept override;
    /// A line of the level debug, with the attempt's timings.
    void attempt_ended(const observed_attempt_end& event) noexcept override;
    /// A line of the level info.
    void call_sent_again(const observed_resend& event) noexcept override;
    /// A line of the level info where the call has failed and was not cancelled, else debug.
    void call_ended(const observed_call_end& event) noexcept override;
    /// A line of the level debug.
    void connection_opened(const observed_connection_open& event) noexcept override;
    /// A line of the level debug.
    void connection_draining(const observed_connection& event) noexcept override;
    /// A line of the level warning where it ended by an error, else info.
    void connection_closed(const observed_connection_end& event) noexcept override;
    /// A line of the level warning where there is an error, else debug.
    void connect_failed(const observed_connection_end& event) noexcept override;
    /// A line of the level error where the fetch has failed, else info.
    void token_changed(const observed_token& event) noexcept override;

private:
    bool wants(log_level level) const noexcept { return level <= most_; }

    log_level most_;
    function write_;
};

} // namespace bandwidth::webrtc
