#pragma once

#include "bulk/program/progress_display.hpp"
#include "bulk/run/bulk_run.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iosfwd>

namespace bandwidth::webrtc::bulk {

/// Hands SIGINT and SIGTERM to the run: the first ends it in an orderly way, the second at once, and the
/// third finds the system's own handler again.
class interruption {
public:
    /// \param quiet  says nothing of it
    interruption(boost::asio::io_context& context, bulk_run& run, progress_display& progress,
                 std::ostream& err, bool quiet);

private:
    void wait();

    boost::asio::signal_set signals_;
    bulk_run& run_;
    progress_display& progress_;
    std::ostream& err_;
    bool quiet_;
};

/// Shows where the run stands, for as long as it lives.
class progress_ticker {
public:
    progress_ticker(boost::asio::io_context& context, bulk_run& run, progress_display& line);

private:
    void wait();

    boost::asio::steady_timer timer_;
    bulk_run& run_;
    progress_display& line_;
};

} // namespace bandwidth::webrtc::bulk
