#pragma once

#include "bulk/job/call_log.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk {

class engine;

/// One of those who make an engine's calls, each of them one item at a time. Only the engine uses it.
class caller final : public call_log {
public:
    caller(boost::asio::io_context& context, engine& owner) : pause_timer(context), engine_(owner) {
        options_.info(info_);
    }

    /// Another item.
    /// \param intended  when a schedule wanted it; nothing without one
    void begin(std::optional<clock::time_point> intended) noexcept {
        intended_ = intended;
        all_went_well = true;
        has_called = false;
    }

    started_call start(call_kind kind, std::size_t item) override;
    const call_options& options() const noexcept override { return options_; }
    void add_success(const started_call& call) override;
    void add_failure(const started_call& call, const failure& failure) override;
    void add_check(const started_call& call, const std::string& problem) override;
    void skip(call_kind kind) override;
    void created(thing_kind kind, std::size_t number, std::string_view id) override;
    void deleted(thing_kind kind, std::size_t number) override;
    bool may_go_on() const noexcept override;

    boost::asio::cancellation_signal cancel;
    boost::asio::steady_timer pause_timer;
    bool running = false;
    bool waits_to_begin = false; ///< in a ramp, before its first item
    bool has_called = false;     ///< of the item at least one call was made
    bool all_went_well = true;   ///< of the item

private:
    engine& engine_;
    std::shared_ptr<response_info> info_ = std::make_shared<response_info>(); // of the call that is made now
    call_options options_;
    std::optional<clock::time_point> intended_; // of the item's first call
};

} // namespace bandwidth::webrtc::bulk
