#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <string>

#include "pool/connection_set.hpp"
#include "pool/fake_pool.hpp"

namespace test {

/// Connections of a set that no scheduler looks after, and requests for them: the one that they belong to is
/// never called.
class lone_connections {
public:
    explicit lone_connections(std::size_t depth = 8) : set(depth, stats), depth_(depth) {}

    pooled_connection& add() { return set.add(idle_pool_.scheduler(), depth_, {}); }
    pooled_connection& open() {
        auto& added = add();
        set.set_state(added, pooled_connection::state::idle);
        return added;
    }
    test_call& stage(pooled_connection& on, request_class kind = request_class::safe,
                     detail::time_point now = {}) {
        auto& made = calls_.emplace_back();
        made.request.kind = kind;
        made.request.target = "/";
        on.http.stage(made, encoder_, now);
        return made;
    }
    /// Everything that is staged leaves this machine.
    static void write(pooled_connection& on) {
        on.http.output_taken(on.http.output().size());
        on.http.output_sent(true);
    }
    /// The whole response to the front, or a part of one.
    static void receive(pooled_connection& on,
                        std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") {
        on.http.receive(bytes);
        while (on.http.next() == detail::http1::connection::action::response) {
        }
    }

    detail::counters stats;
    detail::connection_set set;

private:
    std::size_t depth_;
    fake_pool idle_pool_;
    detail::request_encoder encoder_{"Host: host\r\n"};
    std::deque<test_call> calls_;
};

} // namespace test
