#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pool/simulated_world.hpp"

namespace test {

/// What must hold in every simulated schedule: after each cycle, and for each call in the end. There are
/// two sorts of rules: what the pool must do, judged by what the servers know, and that the pool's own
/// numbers are right.
class simulation_rules {
public:
    explicit simulation_rules(const simulated_world& world) : world_(world), pool_(world.pool) {}

    /// The first rule that was broken; empty where none was.
    const std::string& broken() const { return broken_; }
    void break_rule(std::string text) {
        if (broken_.empty())
            broken_ = std::move(text);
    }

    void after_cycle() {
        if (!broken_.empty())
            return;
        look_at_calls();
        look_at_gauges();
        world_.for_each_connection([this](const auto& known, const auto& link) { look_at(known, link); });
        look_at_timers();
        look_at_attempts();
        look_at_servers();
        look_at_pacing();
        look_for_starvation();
        if (world_.observer && !world_.observer->broken().empty())
            break_rule(world_.observer->broken());
    }

    void at_end() {
        if (world_.observer) {
            if (!world_.observer->broken_at_end().empty())
                break_rule(world_.observer->broken());
            const auto& told = *world_.observer;
            const auto& stats = pool_.stats();
            if (told.ended != stats.calls_started || told.opened != stats.connections_closed ||
                told.sent_again != stats.resends + stats.retries)
                break_rule("observer: " + std::to_string(told.ended) + " calls of " +
                           std::to_string(stats.calls_started) + ", " + std::to_string(told.opened) +
                           " connections of " + std::to_string(stats.connections_closed) + ", sent again " +
                           std::to_string(told.sent_again) + " of " +
                           std::to_string(stats.resends + stats.retries));
        }
        std::size_t drains = 0;
        for (const auto& each : pool_.calls)
            if (each->is_drain)
                ++drains;
            else
                look_at_outcome(*each);
        if (pool_.order.size() != pool_.calls.size())
            break_rule("I1: completed calls are not all calls");
        if (!pool_.gauges_are_zero() || !pool_.connection_gauges_are_zero())
            break_rule("I7: the gauges are not zero");
        if (pool_.scheduler().next_time())
            break_rule("I7: a timer is left");
        const auto& stats = pool_.stats();
        const auto calls = pool_.calls.size() - drains; // a drain is no call
        if (stats.calls_started != calls || stats.calls_succeeded + stats.calls_failed != calls)
            break_rule("I7: the counters do not add up");
    }

private:
    using state = pooled_connection::state;

    // What is known of a server since the cycles before.
    struct meeting {
        bool opened = false;
        bool over = false;
        std::size_t responses = 0;
        std::optional<detail::time_point> front_since; ///< since when the next response is due
        bool must_confirm = false; ///< it was opened behind a failure, and no other one has responded since
    };

    // --- after each cycle --------------------------------------------------------------------------------

    void look_at_calls() {
        for (; calls_seen_ < pool_.calls.size(); ++calls_seen_)
            live_.push_back(pool_.calls[calls_seen_].get());
        for (const auto* const each : live_)
            if (each->done() && each->status == 0 && each->why.code() == errc::client_closed &&
                !world_.closing && (!each->group || each->group->status == detail::call_group::state::open))
                break_rule("the end of another client has ended " + each->request.target);
        std::erase_if(live_, [](const test_call* each) { return each->done(); });
        for (const auto* const each : live_)
            if (pool_.now() >= each->deadline())
                break_rule("deadline: " + each->request.target + " lives on behind its deadline");
    }
    std::size_t count_live(test_call::state where) const {
        return static_cast<std::size_t>(std::count_if(
            live_.begin(), live_.end(),
            [&](const auto* each) { return each->where == where && !each->is_drain; }));
    }

    void look_at_gauges() {
        std::size_t connecting = 0, open = 0, idle = 0, draining = 0, abandoned = 0;
        world_.for_each_connection([&](const pooled_connection& known, const fake_connection&) {
            const auto status = known.status();
            connecting += status == state::connecting ? 1 : 0;
            draining += status == state::draining ? 1 : 0;
            open += status != state::connecting && status != state::draining ? 1 : 0;
            idle += status == state::idle || status == state::reserved ? 1 : 0;
            abandoned += known.http.requests().abandoned();
        });
        const auto& stats = pool_.stats();
        if (stats.connections_connecting != connecting || stats.connections_open() != open ||
            stats.connections_idle != idle || stats.connections_draining != draining)
            break_rule("gauges: those of the connections are wrong");
        if (stats.abandoned != abandoned || stats.in_flight != count_live(test_call::state::in_flight) ||
            stats.queue_depth != count_live(test_call::state::queued))
            break_rule("gauges: those of the calls are wrong");
        if (pool_.scheduler().connections().size() > world_.settings.max_connections)
            break_rule("there are too many connections");
    }

    void look_at(const pooled_connection& known, const fake_connection& link) {
        const auto& requests = known.http.requests();
        const auto size = requests.size();
        if (size > world_.settings.depth)
            break_rule("a connection carries more requests than its depth");
        if (size > 1 && !requests.confirmed())
            break_rule("a connection that was not confirmed carries two requests");
        for (std::size_t i = 0; size > 1 && i < size; ++i)
            if (requests.at(i).exclusive)
                break_rule("an exclusive request is not alone");
        if (known.is_open() &&
            (known.status() == state::idle || known.status() == state::reserved) != (size == 0))
            break_rule("the state of a connection and its requests do not agree");
        // Up to the server's limit they may go; and one of which TLS has taken a part cannot be taken back.
        const bool unlimited = known.request_limit == std::numeric_limits<std::size_t>::max();
        const auto in_output = known.http.output().size();
        if (known.status() == state::draining && in_output != 0 && unlimited &&
            in_output >= requests.at(size - 1).end - requests.at(size - 1).begin)
            break_rule("requests wait to be written on a connection that takes no more");
        if (!known.staged && !link.jammed && link.has_unwritten())
            break_rule("a staged request that nobody is to write");
        if (known.staged && pool_.now() >= known.staged_since + 2ms)
            break_rule("requests wait to be written for more than two milliseconds");
    }

    // Whatever is due has been done: no timer is missing, and none is too late.
    void look_at_timers() {
        const auto& settings = world_.settings;
        const auto now = pool_.now();
        std::size_t too_long_idle = 0;
        world_.for_each_connection([&](const pooled_connection& known, const fake_connection&) {
            const auto& http = known.http;
            if (known.status() == state::connecting) {
                if (now >= known.dialled + settings.connect_timeout)
                    break_rule("timers: an attempt to connect goes on behind its timeout");
                return;
            }
            if (known.in_flight() == 0)
                too_long_idle += now >= known.idle_since + known.idle_limit ? 1 : 0;
            else if (now >= (http.response_header_done() ? known.received_last : known.front_since) +
                                settings.response_timeout)
                break_rule("timers: a response is waited for behind its timeout");
            else if (known.status() != state::blocked && known.status() != state::draining &&
                     !http.response_started() && now >= known.front_since + settings.response_timeout / 2)
                break_rule("timers: a response is late, and its connection takes requests");
            if (known.status() == state::draining)
                return;
            if (now >= known.drain_at)
                break_rule("timers: a connection is older than it may be");
            if (http.requests().abandoned() != 0 &&
                now >= http.requests().oldest_abandoned() + settings.abandoned_grace)
                break_rule("timers: an abandoned response is waited for too long");
        });
        if (too_long_idle > settings.min_connections)
            break_rule("timers: a connection is idle for too long");
        const auto next = pool_.scheduler().next_time();
        const auto connections = pool_.scheduler().connections().size();
        const bool wants_one = (count_live(test_call::state::queued) != 0 && connections == 0 &&
                                !pool_.scheduler().pacer().is_closed()) ||
                               (!world_.closing && connections < settings.min_connections);
        if (wants_one && (!next || *next > now + longest_connect_pause))
            break_rule("timers: a connection is wanted, and nobody is to make one");
    }

    // An attempt has its own time, but first comes what has arrived.
    void look_at_attempts() {
        for (const auto& [value, server] : flights_) {
            if (value->done() && value->status == 0 && pool_.now() < value->deadline() &&
                (value->why.code() == errc::response_timeout || value->why.code() == errc::body_timeout) &&
                server->is_open() && server->has_unread()) {
                break_rule("O18: an attempt of " + value->request.target +
                           " was given up, and nobody had read what had arrived");
            }
        }
        flights_.clear();
        for (const auto& server : world_.servers) {
            if (!server->is_open())
                continue;
            const auto& requests = server->link().pool_side().http.requests();
            for (std::size_t i = 0; i < requests.size(); ++i)
                if (const auto* const owner = requests.at(i).owner)
                    flights_.emplace_back(static_cast<const test_call*>(owner), server.get());
        }
    }

    void look_at_servers() {
        const bool had_to_confirm = must_confirm_since_ && !has_been_confirmed();
        bool failed = false;
        for (std::size_t i = 0; i < world_.servers.size(); ++i) {
            if (met_.size() <= i)
                met_.emplace_back();
            auto& met = met_[i];
            if (met.over)
                continue;
            const auto& server = *world_.servers[i];
            const auto& link = server.link();
            const auto name = "connection " + std::to_string(i);
            if (link.taken.targets().size() > server.bound()) {
                break_rule(name + " is given " + std::to_string(link.taken.targets().size()) +
                           " requests, and " + std::to_string(server.bound()) + " are allowed");
            }
            if (link.phase() == phase::closed) {
                met.over = true;
                failed = look_at_end_of(name, server, met) || failed;
            } else if (link.phase() == phase::open) {
                if (!met.opened) {
                    met.opened = true;
                    met.must_confirm = had_to_confirm; // it was opened in this cycle
                }
                const auto& known = link.pool_side();
                if (known.in_flight() == 0)
                    met.front_since.reset();
                else if (!met.front_since || known.responses != met.responses)
                    met.front_since = pool_.now();
                met.responses = known.responses;
                if (met.must_confirm && known.responses == 0 && known.in_flight() > 1)
                    break_rule("W23: " + name + " is pipelined on at once behind a failure");
            }
        }
        if (failed)
            must_confirm_since_ = pool_.now();
        else if (!had_to_confirm)
            must_confirm_since_.reset();
    }

    // Whether a connection that was opened behind the failure has responded.
    bool has_been_confirmed() const {
        bool found = false;
        for (std::size_t i = 0; i < world_.servers.size(); ++i) {
            if (i < met_.size() && met_[i].over)
                continue;
            const auto known = world_.servers[i]->link().what_the_pool_knows();
            found =
                found || (known.responses != 0 && known.confirmed && known.opened >= *must_confirm_since_);
        }
        return found;
    }

    // Whether it has ended by a failure, with requests on it.
    bool look_at_end_of(const std::string& name, const server_side& server, const meeting& met) {
        const auto& link = server.link();
        if (link.flushed_when_closed)
            break_rule("I6: " + name + " was written on when it was closed");
        if (!link.closed_for) {
            break_rule(name + " has ended, and the pool does not know");
            return false;
        }
        const auto why = *link.closed_for;
        if (why == detail::close_reason::announced && !server.announced())
            break_rule(name + " has announced nothing");
        const bool for_silence =
            why == detail::close_reason::response_timeout || why == detail::close_reason::connect_timeout;
        if (for_silence && server.has_unread())
            break_rule("O18: " + name + " was closed for its silence, and nobody had read what it said");
        if (why == detail::close_reason::response_timeout && link.what_the_pool_knows().in_flight != 0 &&
            pool_.now() < met.front_since.value_or(pool_.now()) + world_.settings.response_timeout)
            break_rule(name + " was closed for its silence before its time");
        return detail::is_failure(why) && link.what_the_pool_knows().in_flight != 0;
    }

    // While the origin is closed nothing is sent, and the pool wakes up when it opens.
    void look_at_pacing() {
        const auto& pacer = pool_.scheduler().pacer();
        const auto sent = pool_.stats().requests_sent;
        if (closed_until_ && pool_.now() < *closed_until_ && sent != sent_before_)
            break_rule("O02: something was sent before the origin opens");
        closed_until_.reset();
        sent_before_ = sent;
        if (!pacer.is_closed())
            return;
        closed_until_ = pacer.opens_at();
        const auto next = pool_.scheduler().next_time();
        if (count_live(test_call::state::queued) != 0 && (!next || *next > *closed_until_))
            break_rule("O02: nobody is to wake the pool when the origin opens");
    }

    // Deadlines hide starvation, so it is looked for after each cycle.
    void look_for_starvation() {
        if (!pool_.scheduler().pacer().may_send(pool_.stats().in_flight)) {
            links_seen_ = pool_.links.size();
            return; // they wait for the origin
        }
        // A call may wait for a connection that is begun in this cycle, but not for one that there cannot be.
        const bool is_full = pool_.scheduler().connections().size() == world_.settings.max_connections;
        const bool nothing_new = links_seen_ == pool_.links.size();
        const auto oldest = [&](auto which) {
            const test_call* found = nullptr;
            for (const auto* const each : live_)
                if (waits(*each) && which(*each) && (!found || each->sequence < found->sequence))
                    found = each;
            return found;
        };
        const auto* const shared = oldest([](const test_call& each) { return !each.request.exclusive(); });
        const auto* const exclusive = oldest([](const test_call& each) { return each.request.exclusive(); });
        const bool last_chance =
            shared && shared->resends != 0 && shared->resends >= world_.settings.again.max_resends;
        world_.for_each_connection([&](const pooled_connection& known, const fake_connection&) {
            if (known.status() == state::idle || known.status() == state::reserved) {
                if (shared) {
                    break_rule("starvation: " + shared->request.target + " waits beside an idle connection");
                } else if (exclusive && trusts(*exclusive, known)) {
                    break_rule("starvation: the exclusive " + exclusive->request.target +
                               " waits beside an idle connection");
                }
            } else if (shared && !last_chance && is_full && nothing_new && known.status() == state::busy &&
                       known.http.accepts(false)) {
                break_rule("starvation: " + shared->request.target + " waits beside a place in a pipeline");
            }
        });
        links_seen_ = pool_.links.size();
    }
    static bool waits(const test_call& value) {
        return value.where == test_call::state::queued && !value.is_drain && !value.needs_new_connection;
    }
    // A connection that was idle for long is not for what cannot be sent again, unless it is kept for that.
    bool trusts(const test_call& value, const pooled_connection& known) const {
        return value.repeatable() ||
               pool_.scheduler().connections().size() <= world_.settings.min_connections ||
               pool_.now() - known.idle_since <= world_.settings.unsafe_idle_limit;
    }

    // --- of each call in the end -------------------------------------------------------------------------

    void look_at_outcome(const test_call& value) {
        const auto& name = value.request.target;
        if (value.completions != 1) {
            break_rule("I1: " + name + " completed " + std::to_string(value.completions) + " times");
            return;
        }
        if (value.status != 0 && !value.is_own(value.body)) {
            break_rule("I2: " + name + " got the response " + std::to_string(value.status) + " '" +
                       value.body + "'");
        }
        if (value.status != 0 && value.completed_at >= value.deadline())
            break_rule("deadline: " + name + " got a response behind its deadline");
        if (value.cancelled_unsent && value.status == 0 && value.why.code() == errc::cancelled &&
            (value.why.delivery() != delivery::not_sent || pool_.sends_of(value) != 0))
            break_rule("total cancellation has ended " + name + ", which may have been sent");
        const auto& again = world_.settings.again;
        int sends = 0;
        int excused = 0; // by 421 and 425, for which any call is sent again once
        int refused = 0; // by 429, for which any call is sent again; and by 503, where the policy says so
        bool was_given = false;
        bool maybe = false;
        for (const auto& server : world_.servers) {
            const auto& link = server->link();
            const auto& given = link.taken.targets();
            was_given = was_given || std::find(given.begin(), given.end(), name) != given.end();
            const auto& sent = link.targets();
            for (std::size_t i = 0; i < sent.size(); ++i) {
                if (sent[i] == name) {
                    ++sends;
                    const auto status = server->status_of(i);
                    excused += status == 421 || status == 425 ? 1 : 0;
                    refused +=
                        status == 429 || (status == 503 && again.retry.retry_unavailable_unsafe()) ? 1 : 0;
                    maybe = maybe || may_have_been_processed(*server, status);
                }
            }
        }
        const auto times = " was sent " + std::to_string(sends) + " times";
        if (!value.repeatable() && sends > 1 + (value.allow_resend ? std::min(excused, 2) + refused : 0))
            break_rule("I3: " + name + times);
        if (sends > again.max_resends + again.retry.attempts() + refused)
            break_rule("I4: " + name + times);
        if (value.status != 0)
            return;
        if (maybe && value.why.delivery() != delivery::maybe_processed)
            break_rule("delivery: " + name + " may have been processed, but the failure says not_sent");
        if (!was_given && !world_.large_requests && value.why.delivery() != delivery::not_sent)
            break_rule("delivery: " + name + " was never sent, but the failure says something else");
    }
    // A server may have acted on a request that it has read, unless it has announced before that it closes,
    // has refused the handshake, or has responded with a status that says no.
    static bool may_have_been_processed(const server_side& server, int status) {
        if (status == 0)
            return !server.announced() && !server.link().was_rejected;
        return status != 408 && status != 421 && status != 425 && status != 429;
    }

    static constexpr auto longest_connect_pause = 5s;

    const simulated_world& world_;
    const fake_pool& pool_;
    std::string broken_;
    std::size_t calls_seen_ = 0;
    std::vector<const test_call*> live_;
    std::size_t links_seen_ = 0;
    std::optional<detail::time_point> closed_until_; // the origin, at the end of the last cycle
    std::uint64_t sent_before_ = 0;
    std::vector<std::pair<const test_call*, const server_side*>> flights_; // at the end of the last cycle
    std::vector<meeting> met_;                                             // of `world_.servers`
    std::optional<detail::time_point> must_confirm_since_;
};

} // namespace test
