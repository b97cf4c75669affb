#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <stdexcept>

namespace bandwidth::webrtc::bench {

/// Runs the context until `reached()`.
/// \throws std::runtime_error after a minute.
template <class Condition>
void run_until(boost::asio::io_context& io, Condition reached) {
    using namespace std::chrono_literals;
    for (const auto end = std::chrono::steady_clock::now() + 60s; !reached();) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("nothing happens any more");
        io.restart();
        io.run_for(10ms);
    }
}

} // namespace bandwidth::webrtc::bench
