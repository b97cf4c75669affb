// The stages that a run is made of.
#include "bulk/run/stage.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace bandwidth::webrtc::bulk;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> names_of(const std::vector<stage>& plan) {
    std::vector<std::string> names;
    for (const auto& one : plan)
        names.push_back(one.name);
    return names;
}

settings settings_of(std::string_view operations) {
    settings chosen;
    chosen.operations = operations;
    chosen.phases = parse_operations(api_family::webrtc, operations);
    return chosen;
}

} // namespace

TEST_CASE("stage: each call of the operations is one, in their order") {
    const auto plan = plan_of(settings_of("create,get,delete"));
    CHECK(names_of(plan) == std::vector<std::string>{"create_session", "create_participant", "get_session",
                                                     "get_participant", "delete_participant",
                                                     "delete_session"});
    for (const auto& one : plan) {
        CHECK(one.kind == stage_kind::calls);
        CHECK(one.calls.size() == 1);
        CHECK(one.limit == 0ns);
    }
}

TEST_CASE("stage: the mix comes before the first deletion, or last where there is none") {
    auto chosen = settings_of("create,get,delete");
    chosen.mix = {{call_kind::get_session, 3}, {call_kind::get_participant, 1}};
    chosen.duration = 5s;
    const auto plan = plan_of(chosen);
    REQUIRE(names_of(plan) == std::vector<std::string>{"create_session", "create_participant", "get_session",
                                                       "get_participant", "mix", "delete_participant",
                                                       "delete_session"});
    CHECK(plan[4].kind == stage_kind::mix);
    CHECK(plan[4].limit == 5s);
    CHECK(plan[4].mix.size() == 2);
    CHECK(plan[3].limit == 0s);
    auto without = settings_of("create");
    without.mix = chosen.mix;
    CHECK(names_of(plan_of(without)) ==
          std::vector<std::string>{"create_session", "create_participant", "mix"});
}

TEST_CASE("stage: lives are one stage with all the calls") {
    auto chosen = settings_of("create,get,delete");
    chosen.shape = load_shape::lives;
    chosen.duration = 7s;
    const auto plan = plan_of(chosen);
    REQUIRE(plan.size() == 1);
    CHECK(plan[0].kind == stage_kind::lives);
    CHECK(plan[0].calls == chosen.phases);
    CHECK(plan[0].limit == 7s);
}
