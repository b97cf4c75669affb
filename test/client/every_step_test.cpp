// A set of exchanges, each of them again with its responses byte by byte, and with its connection ended in
// each way after each byte of the server's output. In every case calls before that place have their
// responses, calls behind it succeed, a POST is sent once, and the client works as before.
//
// Here over sockets, at sampled places (all of them with BANDWIDTH_WEBRTC_TEST_EVERY_STEP=1); at all places,
// without sockets, in test/pool/every_step_test.cpp.
#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "support/chaos_server.hpp"
#include "support/test_client.hpp"

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::chaos;
using support::chaos_server;
using support::run_until;

namespace {

struct step {
    std::string_view method; // GET, POST or DELETE
    chaos response;
};

struct exchange {
    std::string_view name;
    bool warm; // on a connection that has answered before, so that it is pipelined on
    std::vector<step> steps;
};

chaos scripted_response(bool chunked = false, bool interim = false, chaos::end ending = chaos::end::none) {
    chaos made;
    made.chunked = chunked;
    made.interim = interim;
    made.ending = ending;
    return made;
}

const std::vector<exchange>& exchanges() {
    static const std::vector<exchange> all = {
        {"a GET on a new connection", false, {{"GET", scripted_response()}}},
        {"a GET", true, {{"GET", scripted_response(true)}}},
        {"a POST, then a GET", true, {{"POST", scripted_response()}, {"GET", scripted_response()}}},
        {"a GET, then a POST", true, {{"GET", scripted_response()}, {"POST", scripted_response(true)}}},
        {"a pipeline: chunked, with a length, 204",
         true,
         {{"GET", scripted_response(true)}, {"GET", scripted_response()}, {"DELETE", scripted_response()}}},
        {"a pipeline that ends with an announced close",
         true,
         {{"GET", scripted_response()}, {"GET", scripted_response(false, false, chaos::end::announced)}}},
        {"a close that is announced in the middle of a pipeline",
         true,
         {{"GET", scripted_response()},
          {"GET", scripted_response(true, false, chaos::end::announced)},
          {"GET", scripted_response()}}},
        {"interim responses",
         true,
         {{"GET", scripted_response(false, true)}, {"POST", scripted_response(true, true)}}},
    };
    return all;
}

/// What each request number meets the first time that it is sent; later sends meet no fault.
class plans {
public:
    void set(std::uint64_t nonce, const chaos& what) {
        const std::lock_guard lock(mutex_);
        first_[nonce] = what;
    }
    chaos operator()(std::uint64_t nonce, int send) {
        const std::lock_guard lock(mutex_);
        const auto found = first_.find(nonce);
        return send == 1 && found != first_.end() ? found->second : chaos{};
    }

private:
    std::mutex mutex_;
    std::map<std::uint64_t, chaos> first_;
};

/// One exchange with one fault, by a client of its own. Many of them run at the same time.
class trial {
public:
    /// \param faulty which of the steps meets the fault
    trial(asio::io_context& context, const client_options& options, plans& planned, std::uint64_t first_nonce,
          const exchange& what, std::size_t faulty, const chaos& fault)
        : client_(context, options), what_(what), first_(first_nonce), faulty_(faulty), fault_(fault) {
        for (std::size_t i = 0; i < what.steps.size(); ++i)
            planned.set(first_nonce + i, i == faulty ? fault : what.steps[i].response);
        ended_.resize(what.steps.size());
        if (!what.warm) {
            start();
            return;
        }
        client_.try_get_session(session_id("n0"))([this](const result<session>& warm) {
            CHECK_MESSAGE(warm.has_value(), warm.error().describe());
            start();
        });
    }
    bool done() const { return done_; }

    /// Everything that must hold. True when the response that met the fault went out whole.
    bool check(const std::map<std::uint64_t, support::chaos_record>& seen) const {
        INFO(what_.name << ": response " << faulty_ << ", " << fault_.bytes << " bytes, ending "
                        << static_cast<int>(fault_.ending));
        bool was_whole = false;
        for (std::size_t i = 0; i < what_.steps.size(); ++i) {
            CAPTURE(i);
            const auto& call = ended_[i];
            const bool post = what_.steps[i].method == "POST";
            const auto found = seen.find(first_ + i);
            const auto record = found == seen.end() ? support::chaos_record{} : found->second;
            REQUIRE(call.completions == 1);
            CHECK(record.received <= (post ? 1 : 3));
            if (i < faulty_)
                CHECK(record.received == 1);
            if (i == faulty_)
                was_whole =
                    fault_.bytes == chaos::whole || (record.received == 1 && !record.statuses.empty());
            // Only a POST is not sent again: its response was cut off, or it met the end of a connection that
            // had just given a whole one. A reset may overtake a response, whole as it is.
            const bool overtaken = was_whole && fault_.ending == chaos::end::reset;
            const bool may_fail = post && (i == faulty_ ? !was_whole || overtaken : i > faulty_ && was_whole);
            if (may_fail && !call.succeeded) {
                check_lost(call.why);
                continue;
            }
            CHECK_FALSE((post && i == faulty_ && !was_whole));
            CHECK_MESSAGE(call.succeeded, call.why.describe());
            if (what_.steps[i].method != "DELETE")
                CHECK(call.id == "n" + std::to_string(first_ + i));
        }
        CHECK_MESSAGE(fresh_.has_value(), fresh_.error().describe());
        CHECK(support::at_rest(client_.stats()));
        return was_whole;
    }

private:
    struct ending {
        int completions = 0;
        bool succeeded = false;
        std::string id;
        failure why;
    };

    void check_lost(const failure& why) const {
        CHECK(why.delivery() == delivery::maybe_processed);
        if (fault_.ending == chaos::end::silence)
            CHECK((why.code() == errc::response_timeout || why.code() == errc::body_timeout));
        else
            CHECK((why.code() == errc::connection_lost || why.code() == errc::incomplete_response));
    }

    void start() {
        left_ = what_.steps.size();
        for (std::size_t i = 0; i < what_.steps.size(); ++i) {
            const auto name = "n" + std::to_string(first_ + i);
            const auto& method = what_.steps[i].method;
            const auto read = [this, i](const result<session>& outcome) {
                if (outcome.has_value())
                    ended_[i].id = outcome->id().value();
                completed(i, outcome.has_value(), outcome.error());
            };
            const auto done = [this, i](const result<void>& outcome) {
                completed(i, outcome.has_value(), outcome.error());
            };
            if (method == "GET")
                client_.try_get_session(session_id(name))(read);
            else if (method == "POST")
                client_.try_create_session(session_request{}.tag(name))(read);
            else
                client_.try_delete_session(session_id(name))(done);
        }
    }
    void completed(std::size_t index, bool succeeded, const failure& why) {
        auto& kept = ended_[index];
        ++kept.completions;
        kept.succeeded = succeeded;
        if (!succeeded)
            kept.why = why;
        if (--left_ != 0)
            return;
        // Right afterwards, a fresh request. Not a POST: it might meet the end of a connection whose response
        // came whole.
        client_.try_get_session(session_id("n0"))([this](result<session> outcome) {
            fresh_ = std::move(outcome);
            done_ = true;
        });
    }

    client client_;
    exchange what_;
    std::uint64_t first_;
    std::size_t faulty_;
    chaos fault_;
    std::vector<ending> ended_;
    std::size_t left_ = 0;
    result<session> fresh_;
    bool done_ = false;
};

/// A server, and trials against it.
class laboratory {
public:
    laboratory() : server_(planned()) {}

    void add(const exchange& what, std::size_t faulty, const chaos& fault,
             std::chrono::milliseconds response_timeout) {
        const auto options = server_.client_options()
                                 .max_connections(1)
                                 .max_resends(2)
                                 .retry(retry_policy{}.backoff(1ms, 1ms))
                                 .timeout(60s)
                                 .response_timeout(response_timeout);
        trials_.push_back(std::make_unique<trial>(context_, options, planned_, next_, what, faulty, fault));
        next_ += what.steps.size();
        if (trials_.size() == most_at_once)
            run_those();
    }
    /// Runs all that were added. How many of them sent the response with the fault whole.
    std::size_t run() {
        run_those();
        return whole_;
    }

private:
    static constexpr std::size_t most_at_once = 150; // each has a few descriptors

    support::chaos_options planned() {
        support::chaos_options options;
        options.plan = [this](std::string_view, std::uint64_t nonce, int send) {
            return planned_(nonce, send);
        };
        return options;
    }

    void run_those() {
        for (const auto& each : trials_)
            run_until(context_, [&] { return each->done(); });
        const auto seen = server_.records();
        for (const auto& each : trials_)
            whole_ += each->check(seen) ? 1U : 0U;
        trials_.clear();
    }

    plans planned_;
    chaos_server server_;
    asio::io_context context_;
    std::vector<std::unique_ptr<trial>> trials_;
    std::uint64_t next_ = 1;
    std::size_t whole_ = 0;
};

// Longer than any response here: the last bytes of each are met for certain.
constexpr std::size_t longest = 190;

} // namespace

TEST_CASE("every exchange, with responses that come byte by byte") {
    laboratory laboratory;
    for (const auto& what : exchanges()) {
        exchange split = what;
        for (auto& each : split.steps)
            each.response.piece = 1;
        laboratory.add(split, 0, split.steps[0].response, 60s);
    }
    CHECK(laboratory.run() == exchanges().size());
}

namespace {

/// The connection of `what` is ended in this way in response `faulty`, at several places or at all.
void end_everywhere(laboratory& where, const exchange& what, std::size_t faulty, chaos::end how,
                    std::chrono::milliseconds response_timeout) {
    static std::size_t count = 0; // other places for each response and ending
    const bool all = std::getenv("BANDWIDTH_WEBRTC_TEST_EVERY_STEP") != nullptr;
    const std::size_t apart = all ? 1 : how == chaos::end::silence || !what.warm ? 31 : 13;
    for (auto place = all ? 0 : count++ % apart; place < longest; place += apart) {
        auto fault = what.steps[faulty].response;
        fault.ending = how;
        fault.bytes = place;
        where.add(what, faulty, fault, response_timeout);
    }
}

/// Calls `function(exchange, index)` for each response. What is behind an announced close meets a fault on no
/// connection.
template <class Function>
void for_each_response(Function function) {
    for (const auto& what : exchanges()) {
        for (std::size_t i = 0; i < what.steps.size(); ++i) {
            function(what, i);
            if (what.steps[i].response.ending == chaos::end::announced)
                break;
        }
    }
}

} // namespace

TEST_CASE("every exchange, ended after any byte by FIN, RST or close_notify") {
    for_each_response([](const exchange& what, std::size_t faulty) {
        laboratory laboratory;
        for (const auto how : {chaos::end::fin, chaos::end::reset, chaos::end::notify})
            end_everywhere(laboratory, what, faulty, how, 60s);
        CHECK(laboratory.run() > 0); // so the places were all over the response
    });
}

TEST_CASE("every exchange, with silence after any byte") {
    laboratory laboratory; // one for all, that they wait at the same time
    for_each_response([&](const exchange& what, std::size_t faulty) {
        end_everywhere(laboratory, what, faulty, chaos::end::silence, 1500ms);
    });
    CHECK(laboratory.run() > 0);
}
