#include "http1/pipeline.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>

#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

namespace detail = bandwidth::webrtc::detail;
using detail::request_class;
using event = detail::pipeline::event;

struct call : detail::exchange {};

constexpr std::array<std::string_view, 6> answers = {
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 503 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nto the end"};

/// A pipeline, and beside it what it should be: a queue of callers.
class script {
public:
    explicit script(std::size_t depth) : depth_(depth), requests_(depth, detail::response_limits{}) {}

    void push(request_class kind, std::size_t size) {
        if (!requests_.accepts(kind == request_class::unsafe))
            return;
        require(expected_.size() < depth_, "no more requests than the depth");
        require(!ended_ && !closed_, "nothing is accepted behind a failure or an announced close");
        require(kind != request_class::unsafe || expected_.empty(), "an unsafe request goes alone");
        require(expected_.empty() || expected_.back().kind != request_class::unsafe,
                "nothing goes behind an unsafe one");
        auto& made = calls_.emplace_back(); // a deque: it stays where it is
        made.request.kind = kind;
        requests_.push(made, size, detail::time_point());
        expected_.push_back({&made, kind});
        pushed_ += size;
    }

    void send(std::size_t size, bool partly) {
        sent_ = std::min(pushed_, sent_ + size);
        requests_.note_sent(sent_, partly ? pushed_ : sent_);
    }

    void abandon(std::size_t which) {
        if (expected_.empty())
            return;
        auto& leaving = expected_[which % expected_.size()];
        if (leaving.owner) {
            requests_.abandon(*leaving.owner, detail::time_point());
            leaving.owner = nullptr;
        }
    }

    void receive(std::string_view bytes) {
        left_.append(bytes);
        std::string_view input = left_;
        while (!ended_) {
            const auto happened = requests_.receive(input);
            if (happened == event::need_more)
                break;
            settle(happened);
        }
        left_ = ended_ ? std::string() : std::string(input);
    }

    void end(bool clean) {
        settle(requests_.end_of_stream(clean));
        ended_ = true;
    }

    void stop() {
        requests_.stop_accepting();
        closed_ = true;
    }

    void check() const {
        require(requests_.outstanding() == expected_.size(),
                "as many requests as were pushed and not answered");
        const auto gone = std::count_if(expected_.begin(), expected_.end(),
                                        [](const slot& one) { return one.owner == nullptr; });
        require(requests_.zombies() == static_cast<std::size_t>(gone),
                "as many zombies as callers have gone");
        for (std::size_t i = 0; i < expected_.size(); ++i)
            require(requests_.at(i).owner == expected_[i].owner, "the callers in their order");
        if (closed_ || ended_)
            require(!requests_.accepts(false), "nothing is accepted");
    }

    bool ended() const noexcept { return ended_; }

private:
    struct slot {
        call* owner;
        request_class kind;
    };

    void settle(event happened) {
        if (happened == event::failed) {
            ended_ = true;
            return;
        }
        require(happened == event::answered && !expected_.empty(), "an answer needs a request");
        require(requests_.owner() == expected_.front().owner, "answers come in the order of the requests");
        expected_.pop_front();
        closed_ = closed_ || requests_.last_answer_closes() || requests_.last_answer_was_early();
    }

    std::size_t depth_;
    detail::pipeline requests_;
    std::deque<call> calls_;
    std::deque<slot> expected_;
    std::string left_;
    std::uint64_t pushed_ = 0;
    std::uint64_t sent_ = 0;
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
