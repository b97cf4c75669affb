#pragma once

#include <atomic>
#include <bandwidth/webrtc.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <exception>
#include <string>

namespace bandwidth::webrtc::bench {

/// How many calls are left to make, and what came of the others. One wrong response ends them.
struct call_tally {
    std::size_t left = 0;
    std::size_t right = 0;
    std::size_t wrong = 0;
    std::string first_error{};

    bool take() {
        if (left == 0 || wrong > 0)
            return false;
        --left;
        return true;
    }
    void note(const session& got, const session_id& asked) {
        if (got.id() == asked)
            ++right;
        else
            note_wrong("the response is of another session: " + got.id().value());
    }
    void note_wrong(const std::string& what) {
        if (wrong++ == 0)
            first_error = what;
    }
};

/// Rethrows, and stops the context when the last coroutine has ended: idle connections would keep it busy.
class until_ended {
public:
    until_ended(boost::asio::io_context& io, std::atomic<std::size_t>& running)
        : io_(io), running_(running) {}
    void operator()(std::exception_ptr error) const {
        if (error)
            std::rethrow_exception(error);
        if (--running_ == 0)
            io_.stop();
    }

private:
    boost::asio::io_context& io_;
    std::atomic<std::size_t>& running_;
};

} // namespace bandwidth::webrtc::bench
