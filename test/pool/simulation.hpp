#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "pool/simulated_world.hpp"
#include "pool/simulation_rules.hpp"

namespace test {

/// One random schedule, which is a seed and the steps that are taken, each with random numbers of its own.
class simulation {
public:
    simulation(std::uint64_t seed, std::vector<unsigned> steps)
        : seed_(seed), steps_(std::move(steps)), world_(seed), rules_(world_) {}

    void keep_trace() { world_.traced = true; }
    const std::vector<std::string>& trace() const { return world_.trace; }

    /// The first rule that was broken; empty when none was.
    std::string run() {
        pool_.after_cycle = [this] {
            world_.meet_servers();
            rules_.after_cycle();
        };
        try {
            take_steps();
        } catch (const std::exception& thrown) {
            rules_.break_rule(std::string("thrown: ") + thrown.what());
        }
        return rules_.broken();
    }

private:
    unsigned pick(unsigned count) { return world_.random.pick(count); }
    bool one_in(unsigned count) { return world_.random.one_in(count); }
    std::chrono::nanoseconds up_to(std::chrono::nanoseconds longest) { return longest * pick(1000) / 1000; }

    void take_steps() {
        for (const auto step : steps_) {
            world_.random = support::random_numbers(seed_, step);
            take_step();
            if (!rules_.broken().empty())
                return;
        }
        world_.random = support::random_numbers(seed_, 1'000'000);
        finish();
        rules_.at_end();
    }

    void take_step() {
        switch (pick(22)) {
        case 0:
        case 1:
        case 2:
        case 3:
            world_.submit_some();
            return;
        case 4:
            world_.cancel_one();
            return;
        case 5:
        case 6:
            let_time_pass();
            return;
        case 7:
            if (one_in(3))
                drain_connections();
            return;
        case 8:
            hold_up_the_thread();
            return;
        case 9:
        case 10:
            send_unasked();
            return;
        case 11:
            if (one_in(4))
                rest();
            else if (one_in(3))
                end_other_client();
            return;
        default:
            break;
        }
        if (auto* const server = one_of_the_latest()) {
            if (server->link().phase() == phase::connecting)
                connect(*server);
            else
                happen_to(*server);
        }
    }
    // A random server; none if its connection is closed.
    server_side* one_of_the_latest() {
        if (world_.servers.empty())
            return nullptr;
        const auto back = pick(static_cast<unsigned>(std::min<std::size_t>(world_.servers.size(), 6)));
        auto& found = *world_.servers[world_.servers.size() - 1 - back];
        return found.link().phase() == phase::closed ? nullptr : &found;
    }
    std::size_t number_of(const server_side& server) const {
        std::size_t i = 0;
        while (world_.servers[i].get() != &server)
            ++i;
        return i;
    }

    // --- time --------------------------------------------------------------------------------------------

    void let_time_pass() {
        world_.read_everything();
        const auto duration = world_.quick && !one_in(8) ? up_to(1500us) : up_to(one_in(4) ? 6s : 60ms);
        world_.note("pass ", duration.count());
        pool_.pass(duration);
    }

    // Time passes, bytes arrive, and no cycle runs; after that, events run in a random order.
    void hold_up_the_thread() {
        const auto longest = world_.settings.response_timeout;
        for (auto parts = 1 + pick(3); parts != 0; --parts) {
            for (const auto& each : world_.servers) {
                if (each->link().phase() == phase::connecting && one_in(3))
                    each->handshake_arrives();
                if (!each->is_open() || one_in(2))
                    continue;
                for (auto count = pick(6); count != 0 && !each->due().empty(); --count) {
                    world_.note("connection ", number_of(*each), " responds to ", each->due());
                    each->respond_to_next();
                }
                if (one_in(8)) {
                    world_.note("connection ", number_of(*each), " ends");
                    each->end(any_ending());
                }
                each->arrive(one_in(4) ? pick(static_cast<unsigned>(each->on_the_way() + 1))
                                       : each->on_the_way());
            }
            const auto duration = up_to(one_in(3) ? longest * 2 : one_in(2) ? longest / 2 : 5ms);
            world_.note("held up for ", duration.count());
            pool_.suspend(duration);
        }
        switch (pick(4)) {
        case 0: // the timer
            pool_.cycle([] {});
            break;
        case 1: // what other threads have submitted
            world_.submit_some();
            break;
        case 2:
            world_.cancel_one();
            break;
        default: // one of the sockets
            break;
        }
        world_.read_everything();
    }

    // For minutes new connections are made, and nothing else happens: those of `min_connections` stay, and a
    // POST may use them.
    void rest() {
        for (int round = 0; round < 100 && has_live_calls(); ++round) {
            serve_everything();
            pool_.pass(50ms);
        }
        pool_.pass(6s); // the longest pause after a failed attempt
        serve_everything();
        const auto& settings = world_.settings;
        const auto& connections = pool_.scheduler().connections();
        const bool all_idle = pool_.stats().connections_idle == connections.size();
        const bool are_kept = all_idle && connections.size() == settings.min_connections &&
                              settings.max_age > 1h && !has_live_calls();
        const auto attempts = pool_.stats().dials;
        world_.note("rest");
        for (int i = 0; i < 30; ++i) {
            pool_.pass(4s);
            serve_everything();
        }
        if (!are_kept)
            return;
        if (pool_.stats().dials != attempts || connections.size() < settings.min_connections)
            rules_.break_rule("connections that are to be kept are made anew");
        const auto& post = pool_.submit(unsafe);
        if (connections.size() == settings.min_connections && pool_.sends_of(post) != 1)
            rules_.break_rule("a POST waits beside connections that are kept for it");
    }

    // --- one connection ----------------------------------------------------------------------------------

    void drain_connections() {
        world_.note("drain the connections");
        for (const auto& each : world_.servers) {
            // What was given to one that is draining already may go.
            if (each->is_open() && each->link().pool_side().status() != pooled_connection::state::draining)
                each->bound(each->link().taken.targets().size());
        }
        pool_.ask([&] { pool_.scheduler().drain_connections(); });
    }

    // One of the clients that share the pool is closed or drained.
    void end_other_client() {
        const auto ended = std::exchange(world_.other, simulated_world::new_group());
        if (one_in(3)) {
            world_.note("the other client is drained");
            auto& drain = pool_.make();
            drain.is_drain = true;
            drain.group = ended;
            drain.timeout = up_to(1s) + 1ms;
            pool_.submit(drain);
            return;
        }
        world_.note("the other client is closed");
        pool_.ask([&] { pool_.scheduler().close(*ended); });
        for (const auto& each : pool_.calls)
            if (each->group == ended && !each->done())
                rules_.break_rule("I1: " + each->request.target + " outlives its client");
    }

    void connect(server_side& server) {
        auto& link = server.link();
        switch (pick(10)) {
        case 0:
            world_.note("connection ", number_of(server), " is refused");
            pool_.cycle([&] { link.refused(one_in(8) ? errc::tls_untrusted : errc::connect_failed); });
            return;
        case 1:
            link.reach(one_in(2) ? connect_phase::connecting : connect_phase::handshaking);
            return;
        case 2: // it arrives, and is not read yet
            server.handshake_arrives();
            return;
        case 3: // with something behind the handshake
            if (one_in(3)) {
                world_.note("connection ", number_of(server), " is made, and more comes");
                pool_.cycle([&] {
                    link.connected();
                    one_in(2) ? link.receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalien")
                              : link.fin();
                });
                return;
            }
            break;
        default:
            break;
        }
        world_.note("connection ", number_of(server), " is made");
        pool_.cycle([&] { link.connected(); });
    }

    void happen_to(server_side& server) {
        if (world_.quick)
            pool_.pass(std::chrono::microseconds(1 + pick(60)));
        if (!server.is_open())
            return;
        auto& link = server.link();
        switch (pick(world_.quick ? 90 : 20)) {
        case 0:
            world_.note("connection ", number_of(server), " breaks down");
            server.break_down(any_ending());
            arrive(server);
            return;
        case 1:
            world_.note("connection ", number_of(server), " ends");
            server.end(any_ending());
            arrive(server);
            return;
        case 2:
            server.send("HTTP/1.1 103 Early Hints\r\n\r\n");
            if (link.outstanding() == 0)
                pool_.suspend(101us); // it is unasked for, and can be told
            arrive(server);
            return;
        case 3:
            link.room = one_in(2) ? fake_connection::unlimited : 1 + pick(one_in(2) ? 200 : 40'000);
            link.jammed = !link.jammed && link.room == fake_connection::unlimited;
            world_.note("connection ", number_of(server), link.jammed ? " is jammed, room " : " has room ",
                        link.room);
            pool_.cycle([&] { link.flush(); });
            return;
        case 4:
            if (one_in(4) && link.outstanding() != 0) {
                world_.note("connection ", number_of(server), ": garbage");
                server.send("garbage\r\n\r\n");
                arrive(server);
            }
            return;
        case 5:
            if (link.jammed && link.has_unwritten()) {
                const auto bytes = pick(one_in(2) ? 200 : 40'000);
                world_.note("connection ", number_of(server), " sends ", bytes);
                pool_.cycle([&] { link.sent_some(bytes); });
            }
            return;
        case 6:
            // A server tells so in its first record behind the handshake.
            if (one_in(3) && server.status_of(0) == 0 && server.on_the_way() == 0 && !server.has_unread()) {
                world_.note("connection ", number_of(server), " is rejected");
                pool_.cycle([&] { link.rejected(); });
            }
            return;
        case 7:
            world_.note("connection ", number_of(server), ": the next write fails");
            link.write_fails = true;
            return;
        case 8:
            swap_responses(server);
            return;
        default:
            respond(server);
        }
    }

    void respond(server_side& server) {
        std::size_t count = 0;
        for (auto most = one_in(3) ? pick(8) + 1 : 1; count < most && !server.due().empty(); ++count) {
            world_.note("connection ", number_of(server), " responds to ", server.due());
            server.respond_to_next();
        }
        if (count == 0)
            return;
        if (one_in(30) && server.link().outstanding() == count && server.responds_on()) {
            world_.note("connection ", number_of(server), ": surplus");
            server.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsurplus");
            server.arrive();
            pool_.cycle([&] { server.read(); });
            return;
        }
        if (one_in(4)) { // in two pieces, each in its cycle
            server.arrive(pick(static_cast<unsigned>(server.on_the_way())));
            pool_.cycle([&] { server.read(); });
            if (one_in(4)) { // and nothing more
                if (one_in(2))
                    server.break_down(any_ending());
                return;
            }
        }
        arrive(server);
    }

    void arrive(server_side& server) {
        server.arrive();
        if (!one_in(6)) // else it stays unread for a while
            pool_.cycle([&] { server.read(); });
    }

    // Two responses in the wrong order, or one that is missing, where the callers notice.
    void swap_responses(server_side& server) {
        const auto& requests = server.link().pool_side().http.requests();
        // Not where they would have to say how many requests the server takes.
        if (server.due(1).empty() || server.on_the_way() != 0 || server.has_unread() || requests.size() < 2 ||
            server.is_limited())
            return;
        for (std::size_t i = 0; i < 2; ++i) {
            const auto* const owner = static_cast<const test_call*>(requests.at(i).owner);
            if (!owner || !owner->knows_own || owner->request.target != server.due(i))
                return;
        }
        world_.note("connection ", number_of(server), " swaps two responses");
        const auto bytes_for = [](const std::string& target) {
            return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(target.size()) + "\r\n\r\n" +
                   target;
        };
        const auto first = server.due();
        const auto second = server.due(1);
        server.respond({bytes_for(second), 200, false, ending::none, false});
        server.respond({one_in(2) ? bytes_for(first) : "", 200, false, ending::none, false});
        server.arrive();
        pool_.cycle([&] { server.read(); });
    }

    // What comes when nothing is outstanding lies in the socket while the thread is held up, and then new
    // requests come.
    void send_unasked() {
        auto* const server = one_of_the_latest();
        if (!server || !server->is_open() || !server->responds_on() || server->link().outstanding() != 0 ||
            server->has_unread() || server->on_the_way() != 0)
            return;
        const auto what = pick(6);
        world_.note("connection ", number_of(*server), " sends what nobody has asked for, ", what);
        switch (what) {
        case 0:
            server->send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalien");
            break;
        case 1:
            server->send(std::string_view("HTTP/1.1 200 OK\r\nConte").substr(0, 1 + pick(20)));
            break;
        case 2:
            server->send("HTTP/1.1 408 Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            break;
        case 3:
            server->send(std::string_view("HTTP/1.1 408 Timeout").substr(0, 9 + pick(10)));
            break;
        default:
            server->end(any_ending());
            break;
        }
        server->arrive();
        server->bound(server->link().taken.targets().size()); // nothing is written behind that
        // A connection of which everything was read less than 100 us ago is not read again.
        pool_.suspend(101us + up_to(one_in(2) ? 1ms : world_.settings.response_timeout));
        world_.submit_some();
        world_.read_everything();
        if (server->link().phase() != phase::closed)
            rules_.break_rule("F07: a connection lives on behind what nobody has asked for");
    }

    ending any_ending() {
        const ending all[] = {ending::close_notify, ending::fin, ending::reset};
        return all[pick(3)];
    }

    // --- the end -----------------------------------------------------------------------------------------

    bool has_live_calls() const { return pool_.order.size() != pool_.calls.size(); }

    // No more faults: what has come is read, connections are made, requests get responses.
    void serve_everything() {
        // Connections that these steps lead to are served as well.
        for (std::size_t i = 0; i < world_.servers.size(); ++i) {
            if (i == most_connections) {
                rules_.break_rule("one connection after the other is made while no time passes");
                return;
            }
            auto& server = *world_.servers[i];
            auto& link = server.link();
            if (link.phase() == phase::connecting)
                pool_.cycle([&] { link.connected(); });
            link.write_fails = false;
            link.room = fake_connection::unlimited;
            if (link.jammed) {
                link.jammed = false;
                pool_.cycle([&] { link.flush(); });
            }
            if (!server.is_open())
                continue;
            if (!server.due().empty())
                server.respond_well();
            server.arrive();
            if (server.has_unread())
                pool_.cycle([&] { server.read(); });
        }
    }

    // The end of a schedule: every request gets its response, or the client is drained or closed.
    void finish() {
        world_.note("finish");
        const auto way = pick(3);
        if (way == 0) {
            world_.closing = true;
            pool_.close();
        }
        if (way == 1) {
            world_.closing = true;
            pool_.drain(10s);
        }
        for (int round = 0; round < 400 && (has_live_calls() || round < 10); ++round) {
            serve_everything();
            pool_.pass(50ms);
        }
        if (way == 2) { // `min_connections` are made again for ever
            world_.closing = true;
            pool_.drain(10s);
        }
        pool_.pass(120s); // idle connections age out
    }

    static constexpr std::size_t most_connections = 5000; // far more than a schedule makes

    std::uint64_t seed_;
    std::vector<unsigned> steps_;
    simulated_world world_;
    fake_pool& pool_ = world_.pool;
    simulation_rules rules_;
};

} // namespace test
