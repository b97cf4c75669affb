#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <bandwidth/webrtc/error.hpp>
#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <bandwidth/webrtc/result.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bounded {

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;
using asio::cancellation_type;
using numbers = std::vector<int>;
using told_result = webrtc::bounded_result<int, int>;

/// 0, 1, 2 and so on.
inline numbers up_to(int count) {
    numbers items;
    for (int item = 0; item < count; ++item)
        items.push_back(item);
    return items;
}

/// Calls that end when the test says so. The call for item n gives 10 n.
class hand_driven_calls {
public:
    class operation {
    public:
        operation(hand_driven_calls& calls, int item) noexcept : calls_(calls), item_(item) {}
        template <class CompletionToken>
        auto operator()(CompletionToken&& token) && {
            auto initiate = [](auto handler, hand_driven_calls* calls, int item) {
                calls->start(item, std::move(handler));
            };
            return asio::async_initiate<CompletionToken, void(webrtc::result<int>)>(initiate, token, &calls_,
                                                                                    item_);
        }

    private:
        hand_driven_calls& calls_;
        int item_;
    };

    operation make(int item) { return operation(*this, item); }

    void succeed(int item) { end(item, 10 * item); }
    void fail(int item, webrtc::errc why = webrtc::errc::connection_lost) { end(item, webrtc::failure(why)); }
    /// All that are in flight.
    void succeed_all() {
        for (const auto item : in_flight())
            succeed(item);
    }
    /// In the order in which they began.
    const numbers& begun() const { return begun_; }
    numbers in_flight() const {
        numbers items;
        for (const auto& one : flying_)
            items.push_back(one.first);
        return items;
    }
    /// What the call was cancelled with, each time.
    const std::vector<cancellation_type>& cancelled(int item) { return cancelled_[item]; }
    /// Which cancellations end a call, with `errc::cancelled`.
    void react_to(cancellation_type types) { reacts_to_ = types; }
    std::size_t most_in_flight() const { return most_; }
    /// Destroys the handlers of the calls in flight without running them.
    void forget() { flying_.clear(); }

private:
    template <class Handler>
    void start(int item, Handler handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected())
            slot.assign([this, item](cancellation_type type) {
                cancelled_[item].push_back(type);
                if ((type & reacts_to_) != cancellation_type::none && flying_.contains(item))
                    fail(item, webrtc::errc::cancelled);
            });
        const auto executor = asio::get_associated_executor(handler);
        const auto kept = std::make_shared<Handler>(std::move(handler));
        begun_.push_back(item);
        flying_[item] = [kept, executor](webrtc::result<int> outcome) {
            asio::post(executor, [kept, outcome] { std::move (*kept)(outcome); });
        };
        most_ = std::max(most_, flying_.size());
    }
    void end(int item, webrtc::result<int> outcome) {
        const auto found = flying_.find(item);
        REQUIRE(found != flying_.end());
        const auto complete = std::move(found->second);
        flying_.erase(found);
        complete(std::move(outcome));
    }

    numbers begun_;
    std::map<int, std::function<void(webrtc::result<int>)>> flying_;
    std::map<int, std::vector<cancellation_type>> cancelled_;
    cancellation_type reacts_to_ = cancellation_type::none;
    std::size_t most_ = 0;
};

/// The numbers from 0 below a count, as an input range that can be read once, and remembers how far it was
/// read.
class counted_range {
public:
    class iterator {
    public:
        using difference_type = std::ptrdiff_t;
        using value_type = int;

        iterator() = default;
        explicit iterator(counted_range* range) noexcept : range_(range) {}
        int operator*() const {
            if (range_->at == range_->throws_at)
                throw std::out_of_range("the range");
            range_->read = range_->at + 1;
            return range_->at;
        }
        iterator& operator++() {
            ++range_->at;
            if (range_->at == range_->reacts_at)
                range_->reaction();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& here, std::default_sentinel_t) {
            return here.range_->at >= here.range_->count;
        }

    private:
        counted_range* range_ = nullptr;
    };

    explicit counted_range(int size) noexcept : count(size) {}
    iterator begin() { return iterator(this); }
    std::default_sentinel_t end() const { return {}; }

    int count;
    int at = 0;
    int read = 0;
    int throws_at = -1;
    int reacts_at = -1;
    std::function<void()> reaction; // of the step to `reacts_at`
};

/// One run over hand-driven calls, and what came of it.
struct trial {
    asio::io_context context;
    hand_driven_calls calls;
    asio::cancellation_signal signal;
    std::vector<told_result> told;
    std::function<cancellation_type(const told_result&)> answer; // of on_result
    int make_throws_at = -1;
    std::function<void(int)> making; // called by make_call with the item
    int completions = 0;
    std::exception_ptr thrown;
    webrtc::bounded_progress done;

    template <class Range>
    void start(Range&& range, std::size_t limit, bool in_order = false) {
        auto make = [this](const int& item) {
            if (item == make_throws_at)
                throw std::runtime_error("make_call");
            if (making)
                making(item);
            return calls.make(item);
        };
        auto on_result = [this](told_result one) {
            told.push_back(one);
            return answer ? answer(one) : cancellation_type::none;
        };
        auto on_end = asio::bind_cancellation_slot(
            signal.slot(), [this](std::exception_ptr error, webrtc::bounded_progress progress) {
                ++completions;
                thrown = error;
                done = progress;
            });
        if (in_order)
            webrtc::for_each_bounded_in_order(context, std::forward<Range>(range), limit, make, on_result,
                                              on_end);
        else
            webrtc::for_each_bounded(context, std::forward<Range>(range), limit, make, on_result, on_end);
    }
    /// Runs what can run.
    void poll() {
        context.restart();
        context.poll();
    }
    void succeed(int item) {
        calls.succeed(item);
        poll();
    }
    void fail(int item) {
        calls.fail(item);
        poll();
    }
    void cancel(cancellation_type type) {
        signal.emit(type);
        poll();
    }
    /// Ends the calls in flight until there are none.
    void finish() {
        for (poll(); !calls.in_flight().empty(); poll())
            calls.succeed_all();
    }
    numbers told_items() const {
        numbers items;
        for (const auto& one : told)
            items.push_back(one.item);
        return items;
    }
    std::string what() const {
        try {
            if (thrown)
                std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
            return error.what();
        }
        return {};
    }
};

} // namespace bounded
