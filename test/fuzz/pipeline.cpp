#include "http1/connection.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>

#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

namespace detail = bandwidth::webrtc::detail;
using detail::request_class;
using action = detail::http1::connection::action;

struct call : detail::exchange {};

constexpr std::array<std::string_view, 6> answers = {
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 503 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nto the end"};

/// A connection, and beside it what it should be: a queue of callers.
class script {
public:
    explicit script(std::size_t depth) : depth_(depth), http_(depth, detail::response_limits{}) {}

    void push(request_class kind, std::size_t size) {
        if (!http_.accepts(kind == request_class::unsafe))
            return;
        require(expected_.size() < depth_, "no more requests than the depth");
        require(!ended_ && !closed_, "nothing is accepted behind a failure or an announced close");
        require(kind != request_class::unsafe || expected_.empty(), "an unsafe request goes alone");
        require(expected_.empty() || expected_.back().kind != request_class::unsafe,
                "nothing goes behind an unsafe one");
        auto& made = calls_.emplace_back(); // a deque: it stays where it is
        made.request.kind = kind;
        made.request.target.assign(size, 'x');
        http_.stage(made, encoder_, detail::time_point());
        expected_.push_back({&made, kind});
    }

    void send(std::size_t size, bool partly) {
        if (!taken_whole_) { // at most one record is on its way
            http_.output_sent(true);
            taken_whole_ = true;
        }
        const auto taken = std::min(http_.output().size(), size);
        if (taken == 0)
            return;
        http_.output_taken(taken);
        http_.output_sent(!partly);
        taken_whole_ = !partly;
    }

    void unstage(std::size_t which) {
        if (expected_.empty())
            return;
        const auto at = which % expected_.size();
        auto* const owner = expected_[at].owner;
        if (owner && http_.unstage(*owner))
            expected_.erase(expected_.begin() + static_cast<std::ptrdiff_t>(at));
    }

    void abandon(std::size_t which) {
        if (expected_.empty())
            return;
        auto& leaving = expected_[which % expected_.size()];
        if (leaving.owner) {
            http_.abandon(*leaving.owner, detail::time_point());
            leaving.owner = nullptr;
        }
    }

    void receive(std::string_view bytes) {
        const std::string lives_until_looked_at(bytes);
        http_.receive(lives_until_looked_at);
        run_actions();
    }

    void end(bool clean) {
        http_.end_of_stream(clean ? detail::stream_end::closed : detail::stream_end::broken, {}, {});
        run_actions();
        require(ended_, "the end of the stream is the end of the connection");
    }

    void stop() {
        http_.stop_accepting();
        closed_ = true;
    }

    void check() const {
        const auto& requests = http_.requests();
        require(requests.size() == expected_.size(), "as many requests as were staged and not answered");
        const auto gone = std::count_if(expected_.begin(), expected_.end(),
                                        [](const slot& one) { return one.owner == nullptr; });
        require(requests.abandoned() == static_cast<std::size_t>(gone),
                "as many abandoned as callers have gone");
        for (std::size_t i = 0; i < expected_.size(); ++i)
            require(requests.at(i).owner == expected_[i].owner, "the callers in their order");
        if (closed_ || ended_)
            require(!http_.accepts(false), "nothing is accepted");
    }

    bool ended() const noexcept { return ended_; }

private:
    struct slot {
        call* owner;
        request_class kind;
    };

    void run_actions() {
        while (!ended_) {
            switch (http_.next()) {
            case action::none:
                return;
            case action::close:
                ended_ = true;
                return;
            case action::response:
                require(!expected_.empty(), "a response needs a request");
                require(http_.owner() == expected_.front().owner,
                        "responses come in the order of the requests");
                expected_.pop_front();
                closed_ = closed_ || http_.closes();
            }
        }
    }

    std::size_t depth_;
    detail::http1::connection http_;
    detail::request_encoder encoder_{"host", "fuzz"};
    std::deque<call> calls_;
    std::deque<slot> expected_;
    bool taken_whole_ = true;
    bool ended_ = false;  // failed, or the stream did
    bool closed_ = false; // told not to take any more
};

} // namespace

void pipeline(std::string_view input) {
    decisions choose(input);
    script run(1 + choose.byte() % 8U);
    while (!choose.empty() && !run.ended()) {
        const auto what = choose.byte();
        switch (what % 10U) {
        case 0:
        case 1:
            run.push(request_class::safe, 1 + what);
            break;
        case 2:
            run.push(request_class::idempotent, 1 + what);
            break;
        case 3:
            run.push(request_class::unsafe, 1 + what);
            break;
        case 4:
            run.send(choose.byte() * 8U, (what & 16U) != 0);
            break;
        case 5:
            run.abandon(choose.byte());
            break;
        case 6:
            run.receive(answers[choose.byte() % answers.size()]);
            break;
        case 7: { // a part of an answer
            const auto& one = answers[choose.byte() % answers.size()];
            run.receive(one.substr(0, choose.byte() % one.size()));
            break;
        }
        case 8:
            if (what < 64)
                run.unstage(choose.byte());
            else
                run.receive(choose.piece());
            break;
        default:
            if (what < 128)
                run.end((what & 16U) != 0);
            else
                run.stop();
        }
        run.check();
    }
}

} // namespace fuzz
