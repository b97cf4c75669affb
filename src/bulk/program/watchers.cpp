#include "bulk/program/watchers.hpp"

#include <csignal>
#include <ostream>

namespace bandwidth::webrtc::bulk {

namespace asio = boost::asio;

interruption::interruption(asio::io_context& context, bulk_run& run, progress_line& progress,
                           std::ostream& err, bool quiet)
    : signals_(context, SIGINT, SIGTERM), run_(run), progress_(progress), err_(err), quiet_(quiet) {
    wait();
}

void interruption::wait() {
    signals_.async_wait([this](error_code cancelled, int signal) {
        if (cancelled)
            return;
        const bool first = run_.signal() == 0;
        run_.interrupt(signal);
        progress_.clear();
        if (!quiet_)
            err_ << (first ? "bandwidth-webrtc-bulk: stopping, then deleting what was created. Once more "
                             "gives up."
                           : "bandwidth-webrtc-bulk: giving up.")
                 << std::endl;
        if (first)
            wait();
        else
            signals_.clear();
    });
}

progress_ticker::progress_ticker(asio::io_context& context, bulk_run& run, progress_line& line)
    : timer_(context), run_(run), line_(line) {
    wait();
}

void progress_ticker::wait() {
    timer_.expires_after(line_.interval());
    timer_.async_wait([this](error_code cancelled) {
        if (cancelled)
            return;
        line_.show(run_.progress(), progress_line::clock::now(), terminal_width());
        wait();
    });
}

} // namespace bandwidth::webrtc::bulk
