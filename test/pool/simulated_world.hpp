#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "pool/checking_observer.hpp"
#include "pool/fake_pool.hpp"
#include "pool/simulated_server.hpp"
#include "support/random_numbers.hpp"

namespace test {

/// The pool of one schedule with the servers that it is connected to, and what the schedule has set.
class simulated_world {
public:
    explicit simulated_world(std::uint64_t seed)
        : random(seed, 0)
        , observer(seed % 2 == 0 ? std::make_shared<checking_observer>() : nullptr)
        , settings(draw_settings())
        , pool(settings)
        , seed_(seed) {}

    /// The servers of the connections that were begun since.
    void meet_servers() {
        while (servers.size() < pool.links.size()) {
            const auto index = servers.size();
            servers.push_back(std::make_unique<server_side>(
                pool.links[index], support::random_numbers(seed_, 2'000'000 + index)));
        }
    }
    void submit_some() {
        pool.cycle([&] {
            for (auto count = pick(quick ? 12 : 4) + 1; count != 0; --count)
                submit_one();
        });
    }
    void cancel_one() {
        if (!pool.calls.empty()) {
            auto& found = *pool.calls[pick(static_cast<unsigned>(pool.calls.size()))];
            const bool only_unsent = one_in(4);
            note("cancel ", found.request.target, only_unsent ? " if it is unsent" : "");
            found.cancelled_unsent = only_unsent && !found.done();
            pool.cancel(found, only_unsent);
        }
    }
    /// Everything that has arrived is read, in any order.
    void read_everything() {
        std::vector<server_side*> readable;
        for (const auto& each : servers)
            if (each->has_unread())
                readable.push_back(each.get());
        while (!readable.empty()) {
            const auto at = readable.begin() + random.pick(static_cast<unsigned>(readable.size()));
            auto& server = **at;
            readable.erase(at);
            pool.cycle([&] { server.read(); });
        }
    }
    /// The scheduler's own connections, as the tests' ones.
    template <class Function>
    void for_each_connection(Function function) const {
        for (const auto& each : pool.scheduler().connections().all())
            function(*each, static_cast<fake_connection&>(*each->transport));
    }

    /// For the one who reads what a schedule does.
    template <class... Parts>
    void note(const Parts&... parts) {
        if (traced) {
            std::ostringstream text;
            text << (pool.now().time_since_epoch() - 1h).count() / 1000 << " us: ";
            (text << ... << parts);
            trace.push_back(text.str());
        }
    }
    bool traced = false;
    std::vector<std::string> trace;

    support::random_numbers random; ///< of the step that is taken
    bool quick = false;             ///< many requests, quick responses, few faults
    bool large_requests = false;
    std::shared_ptr<checking_observer> observer; ///< in every other schedule; else null
    detail::scheduler_settings settings;
    fake_pool pool;
    std::vector<std::unique_ptr<server_side>> servers; ///< of `pool.links`, in the same order
    bool closing = false;                              ///< the pool is being drained or closed
    /// Another client that shares the pool. It ends now and then, and another one comes; the one whose group is the
    /// pool's stays.
    boost::intrusive_ptr<detail::call_group> other = new_group();

    static boost::intrusive_ptr<detail::call_group> new_group() {
        return new detail::call_group(detail::request_encoder("Host: other\r\n"));
    }

private:
    unsigned pick(unsigned count) { return random.pick(count); }
    bool one_in(unsigned count) { return random.one_in(count); }
    void submit_one() {
        const request_class kinds[] = {request_class::safe, request_class::safe, request_class::idempotent,
                                       unsafe};
        auto& made = pool.make(kinds[pick(4)]);
        if (one_in(3))
            made.group = other;
        made.timeout = std::chrono::milliseconds(one_in(8) ? pick(300) : 20'000);
        if (one_in(10))
            made.extras().attempt_timeout = std::chrono::milliseconds(pick(500) + 1);
        made.allow_resend = !one_in(10);
        made.request.dedicated_connection = one_in(12);
        made.knows_own = one_in(2);
        made.limited = !one_in(20);
        if (pool.calls.size() % 3 == 0)
            made.extras().trace = bandwidth::webrtc::trace_context::start();
        if (made.request.kind != request_class::safe && large_requests && one_in(4)) {
            made.request.has_content = true;
            made.request.rare().body = std::string(pick(150'000), '.');
        }
        note("submit ", made.request.method, " ", made.request.target,
             made.request.dedicated_connection ? ", dedicated" : "", made.allow_resend ? "" : ", no resend");
        pool.scheduler().submit(made);
    }
    template <class... Values>
    std::chrono::nanoseconds one_of(Values... values) {
        const std::chrono::nanoseconds all[] = {values...};
        return all[pick(sizeof...(values))];
    }

    detail::scheduler_settings draw_settings() {
        quick = one_in(2);
        large_requests = !quick && one_in(3);
        auto made =
            quick ? with_connections(1 + pick(2), 4 + pick(8)) : with_connections(1 + pick(4), 1 + pick(8));
        if (observer)
            made.observed.observers.push_back(observer);
        made.queue_limit = 1 + pick(40);
        made.again.max_resends = static_cast<int>(pick(3));
        made.again.jitter_seed = pick(1'000'000);
        made.again.retry.attempts(1 + static_cast<int>(pick(4)));
        made.again.retry.retry_unavailable_unsafe(one_in(4));
        made.again.budget_per_second = one_in(4) ? 0 : 1000;
        if (one_in(3))
            made.min_connections = 1 + pick(static_cast<unsigned>(made.max_connections));
        made.connect_timeout = one_of(5s, 500ms);
        made.response_timeout = one_of(15s, 3s, 300ms);
        made.idle_timeout = one_of(50s, 1s);
        made.max_age = one_of(8min, 10h, 5s);
        made.abandoned_grace = one_of(2s, 50ms);
        made.unsafe_idle_limit = one_of(4s, 4s, 20ms, 0s);
        made.late_floor = one_of(250ms, 10ms);
        return made;
    }

    std::uint64_t seed_;
};

} // namespace test
