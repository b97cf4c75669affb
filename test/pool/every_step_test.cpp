// A set of exchanges, each of them again with its responses byte by byte, and with its connection ended by
// close_notify, by a reset or by silence after each byte of the server's output, all of them. The same over
// sockets, at sampled places: test/client/every_step_test.cpp.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "pool/fake_pool.hpp"

using namespace test;

namespace {

struct step {
    request_class kind;
    /// The server's output for a request with this target.
    std::string (*response)(const std::string& target);
    bool closes = false;
};

std::string with_length(const std::string& target) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(target.size()) + "\r\n\r\n" + target;
}
std::string chunked(const std::string& target) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n" + target.substr(0, 1) + "\r\n" +
           std::to_string(target.size() - 1) + ";x=y\r\n" + target.substr(1) +
           "\r\n0\r\nX-Trailer: z\r\n\r\n";
}
std::string empty(const std::string&) { return "HTTP/1.1 204 No Content\r\n\r\n"; }
std::string with_interim(const std::string& target) {
    return "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" +
           with_length(target);
}
std::string closing(const std::string& target) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(target.size()) +
           "\r\n\r\n" + target;
}

struct exchange {
    std::string name;
    bool warm; // on a connection that has responded before, so that it is pipelined on
    std::vector<step> steps;
};

constexpr auto safe = request_class::safe;

const std::vector<exchange>& exchanges() {
    static const std::vector<exchange> all = {
        {"a GET on a new connection", false, {{safe, with_length}}},
        {"a GET", true, {{safe, chunked}}},
        {"a POST, then a GET", true, {{unsafe, with_length}, {safe, with_length}}},
        {"a GET, then a POST", true, {{safe, with_length}, {unsafe, chunked}}},
        {"a pipeline: chunked, with a length, 204",
         true,
         {{safe, chunked}, {safe, with_length}, {request_class::idempotent, empty}}},
        {"a pipeline that ends with an announced close", true, {{safe, with_length}, {safe, closing, true}}},
        {"a close that is announced in the middle of a pipeline",
         true,
         {{safe, with_length}, {safe, closing, true}, {safe, with_length}}},
        {"interim responses", true, {{safe, with_interim}, {unsafe, with_interim}}},
    };
    return all;
}

enum class way { close_notify, reset, silence, none };

/// One exchange, whose connection ends in one way after so many bytes.
class trial {
public:
    trial(const exchange& what, way how, std::size_t place)
        : what_(what), how_(how), place_(place), pool_(settings()) {
        if (what.warm)
            pool_.confirm(0);
        const auto first = pool_.calls.size();
        pool_.ask([&] {
            for (const auto& each : what.steps)
                pool_.scheduler().submit(pool_.make(each.kind));
        });
        for (auto i = first; i < pool_.calls.size(); ++i)
            calls_.push_back(pool_.calls[i].get());
        if (!what.warm)
            pool_.connect(0);
    }

    /// Plays the server, byte by byte, up to the place. False: that is behind all that there is to send.
    bool play() {
        auto& link = pool_.link(0);
        std::size_t sent = 0;
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            if (link.phase() != phase::open || link.next_target() != calls_[i]->request.target)
                break; // behind an announced close
            const auto wire = what_.steps[i].response(calls_[i]->request.target);
            for (const char byte : wire) {
                if (sent++ == place_) {
                    cut_off_ = i;
                    end();
                    return true;
                }
                pool_.cycle([&] { link.receive(std::string_view(&byte, 1)); });
            }
            ++answered_;
        }
        const bool at_its_end = sent == place_;
        if (at_its_end)
            end();
        return at_its_end;
    }

    void check() {
        for (int i = 0; i < 10; ++i)
            serve_and_wait();
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            CAPTURE(i);
            const auto& call = *calls_[i];
            const bool post = what_.steps[i].kind == unsafe;
            REQUIRE(call.completions == 1);
            CHECK(pool_.sends_of(call) <= (post || i < answered_ ? 1 : 3));
            if (post && i == cut_off_) {
                CHECK(call.status == 0);
                CHECK(call.why.delivery() == delivery::maybe_processed);
                continue;
            }
            CHECK_MESSAGE(call.status / 100 == 2, call.why.describe());
            if (call.status == 200)
                CHECK(call.body == call.request.target);
        }
        // A fresh request right afterwards; it may be a POST, as nothing ends unseen here.
        auto& fresh = pool_.submit(unsafe);
        for (int i = 0; i < 3; ++i)
            serve_and_wait();
        CHECK(fresh.got(fresh.request.target));
        CHECK(pool_.gauges_are_zero());
        for (const auto& link : pool_.links)
            CHECK_FALSE(link->flushed_when_closed);
        pool_.close();
        CHECK(pool_.connection_gauges_are_zero());
    }

private:
    static detail::scheduler_settings settings() {
        auto made = with_connections(1);
        made.response_timeout = 5s;
        made.again.retry.attempts(2);
        return made;
    }

    void end() {
        auto& link = pool_.link(0);
        if (link.phase() != phase::open)
            return; // it has closed as it had announced
        if (how_ == way::close_notify)
            pool_.cycle([&] { link.fin(); });
        else if (how_ == way::reset)
            pool_.cycle([&] { link.reset(); });
        else if (how_ == way::silence)
            pool_.pass(5s);
    }

    // No fault from now on: all connections are made, all requests get responses.
    void serve_and_wait() {
        pool_.pass(1s);
        for (std::size_t i = 0; i < pool_.links.size(); ++i) {
            if (pool_.link(i).phase() == phase::closed)
                continue;
            if (pool_.link(i).phase() != phase::open)
                pool_.connect(i);
            if (i != 0 || how_ == way::none || cut_off_ == nowhere)
                pool_.respond_to_all(i);
        }
    }

    static constexpr auto nowhere = static_cast<std::size_t>(-1);

    exchange what_;
    way how_;
    std::size_t place_;
    fake_pool pool_;
    std::vector<test_call*> calls_;
    std::size_t answered_ = 0;
    std::size_t cut_off_ = nowhere; // which response is not whole
};

} // namespace

TEST_CASE("every exchange, byte by byte") {
    for (const auto& what : exchanges()) {
        CAPTURE(what.name);
        trial one(what, way::none, 1'000'000);
        one.play();
        one.check();
    }
}

TEST_CASE("every exchange, ended after each byte by close_notify, a reset or silence") {
    int trials = 0;
    for (const auto& what : exchanges()) {
        for (const auto how : {way::close_notify, way::reset, way::silence}) {
            for (std::size_t place = 0;; ++place) {
                CAPTURE(what.name);
                CAPTURE(static_cast<int>(how));
                CAPTURE(place);
                trial one(what, how, place);
                if (!one.play())
                    break;
                one.check();
                ++trials;
            }
        }
    }
    CHECK(trials > 2000);
    MESSAGE(trials << " places and ways");
}
