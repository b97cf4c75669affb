#include "http1/connection.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>

#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

namespace detail = bandwidth::webrtc::detail;
namespace http1 = detail::http1;
using action = http1::connection::action;
using detail::close_reason;
using detail::request_class;
using detail::send_state;
using detail::stream_end;

struct call : detail::exchange {};

constexpr std::array<std::string_view, 8> responses = {
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 503 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nto the end",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"};

/// A connection, and beside it what it should be: a queue of callers, and the stream of their requests.
class script {
public:
    explicit script(std::size_t depth) : depth_(depth), http_(depth, detail::response_limits{}) {}

    void stage(request_class kind, std::size_t size) {
        if (!http_.accepts(kind == request_class::unsafe))
            return;
        require(expected_.size() < depth_, "no more requests than the depth");
        require(expected_.empty() || confirmed_,
                "one request until a response has shown that pipelines work");
        require(!closed_, "nothing is accepted behind a failure or an announced close");
        require(kind != request_class::unsafe || expected_.empty(), "an unsafe request goes alone");
        require(expected_.empty() || expected_.back().kind != request_class::unsafe,
                "nothing goes behind an unsafe one");
        auto& made = calls_.emplace_back(); // a deque: it stays where it is
        made.request.kind = kind;
        made.request.target = "/" + std::string(size, 'x');
        const auto begin = stream_.size();
        encoder_.append(made.request, stream_);
        expected_.push_back({&made, kind, begin, stream_.size()});
        http_.stage(made, encoder_, {});
    }

    void unstage(std::size_t which) {
        if (expected_.empty())
            return;
        const auto at = expected_.begin() + static_cast<std::ptrdiff_t>(which % expected_.size());
        if (!at->owner)
            return;
        const bool untouched = at->begin >= taken_;
        require(http_.unstage(*at->owner) == untouched, "what was not given to the transport is unstaged");
        if (!untouched)
            return;
        const auto size = at->end - at->begin;
        stream_.erase(at->begin, size);
        for (auto behind = expected_.erase(at); behind != expected_.end(); ++behind) {
            behind->begin -= size;
            behind->end -= size;
        }
    }

    /// The transport takes the next piece: all before has been sent.
    void take(std::size_t size) {
        size = std::min(size, stream_.size() - taken_);
        if (size != 0) {
            all_sent_ = any_sent_ = taken_;
            taken_ += size;
            http_.output_taken(size);
        }
    }
    void sent(bool whole) {
        if (any_sent_ != taken_ || all_sent_ != taken_) {
            any_sent_ = taken_;
            all_sent_ = whole ? taken_ : all_sent_;
            http_.output_sent(whole);
        }
    }

    void abandon(std::size_t which) {
        if (expected_.empty())
            return;
        auto& leaving = expected_[which % expected_.size()];
        if (leaving.owner) {
            http_.abandon(*leaving.owner, {});
            leaving.owner = nullptr;
        }
    }

    void receive(std::string_view bytes) {
        const std::string memory(bytes); // of its own, for the sanitizers
        http_.receive(memory);
        act();
    }

    void end(stream_end how) {
        http_.end_of_stream(how, {}, {});
        act();
        require(ended_, "nothing follows the end of the stream");
    }

    void stop() {
        http_.stop_accepting();
        closed_ = true;
    }
    void confirm() {
        http_.confirm();
        confirmed_ = true;
    }
    void release() { http_.release_buffers(); }

    void check() const {
        const auto& requests = http_.requests();
        require(http_.output() == std::string_view(stream_).substr(taken_), "what is staged, in order");
        require(requests.size() == expected_.size(), "as many requests as have no response");
        const auto gone = std::count_if(expected_.begin(), expected_.end(),
                                        [](const slot& one) { return one.owner == nullptr; });
        require(requests.abandoned() == static_cast<std::size_t>(gone),
                "as many abandoned as callers have gone");
        for (std::size_t i = 0; i < expected_.size(); ++i) {
            require(requests.at(i).owner == expected_[i].owner, "the callers in their order");
            require(requests.state_of(requests.at(i)) == state_of(expected_[i]),
                    "what a server can have seen");
        }
        if (closed_)
            require(!http_.accepts(false), "nothing is accepted");
    }

    bool ended() const noexcept { return ended_; }

private:
    struct slot {
        call* owner;
        request_class kind;
        std::size_t begin; // in the stream of all requests
        std::size_t end;
    };

    send_state state_of(const slot& one) const {
        return one.begin >= any_sent_ ? send_state::unsent
               : one.end <= all_sent_ ? send_state::sent
                                      : send_state::partial;
    }

    void act() {
        for (;;) {
            switch (http_.next()) {
            case action::none:
                return;
            case action::response:
                respond();
                break;
            case action::close:
                close();
                return;
            }
        }
    }

    void respond() {
        require(!closing_, "no response behind the last one");
        require(!expected_.empty(), "a response needs a request");
        const auto& front = expected_.front();
        require(http_.owner() == front.owner, "responses come in the order of the requests");
        const auto state = state_of(front);
        require(state != send_state::unsent, "a response needs a byte of its request");
        const auto& said = http_.message();
        require(said.status >= 200 && said.status <= 599, "a final status");
        require(http_.closes() == (state == send_state::partial || !said.keep_alive),
                "it closes when it says so, or comes early");
        early_ = state == send_state::partial;
        announced_ = said.close_announced;
        closing_ = http_.closes();
        closed_ = closed_ || closing_;
        confirmed_ = confirmed_ || (!closing_ && said.http_1_1);
        expected_.pop_front();
    }

    void close() {
        const auto why = http_.closed().reason;
        require((why == close_reason::announced) == (closing_ && announced_ && !early_),
                "a close is announced by the last response, which is whole");
        require((why == close_reason::early_response) == early_, "an early response is told apart");
        require((why == close_reason::unsolicited) == (http_.unsolicited_bytes() != 0),
                "bytes without a request");
        if (why == close_reason::unsolicited) {
            require(expected_.empty() || state_of(expected_.front()) == send_state::unsent,
                    "bytes behind a request are no surplus");
        }
        ended_ = closed_ = true;
    }

    std::size_t depth_;
    detail::request_encoder encoder_{"Host: host\r\n"};
    http1::connection http_;
    std::deque<call> calls_;
    std::deque<slot> expected_;
    std::string stream_; // of all requests, without those that were unstaged
    std::size_t taken_ = 0;
    std::size_t all_sent_ = 0;
    std::size_t any_sent_ = 0;
    bool confirmed_ = false;
    bool early_ = false;
    bool announced_ = false;
    bool closing_ = false; // the last response has come
    bool closed_ = false;  // it takes no more
    bool ended_ = false;
};

} // namespace

void http1_connection(std::string_view input) {
    decisions choose(input);
    script run(1 + choose.byte() % 8U);
    while (!choose.empty() && !run.ended()) {
        const auto what = choose.byte();
        switch (what % 14U) {
        case 0:
        case 1:
            run.stage(request_class::safe, what);
            break;
        case 2:
            run.stage(request_class::idempotent, what);
            break;
        case 3:
            run.stage(request_class::unsafe, what);
            break;
        case 4:
            run.take(choose.byte() * 16U);
            break;
        case 5:
        case 6:
            run.take(4096);
            run.sent(true);
            break;
        case 7:
            run.sent((what & 16U) != 0);
            break;
        case 8:
            run.unstage(choose.byte());
            break;
        case 9:
            run.abandon(choose.byte());
            break;
        case 10:
            run.receive(responses[choose.byte() % responses.size()]);
            break;
        case 11: { // a part of a response
            const auto& one = responses[choose.byte() % responses.size()];
            run.receive(one.substr(0, choose.byte() % one.size()));
            break;
        }
        case 12:
            run.receive(choose.piece());
            break;
        default:
            switch (what / 14U % 8U) {
            case 0:
                run.stop();
                break;
            case 1:
                run.confirm();
                break;
            case 2:
                run.release();
                break;
            default:
                constexpr std::array ends = {stream_end::closed, stream_end::truncated, stream_end::broken,
                                             stream_end::rejected};
                run.end(ends[what / 14U % 4U]);
            }
        }
        run.check();
    }
}

} // namespace fuzz
