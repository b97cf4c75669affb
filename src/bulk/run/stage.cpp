#include "bulk/run/stage.hpp"

#include <algorithm>

namespace bandwidth::webrtc::bulk {

std::vector<stage> plan_of(const settings& chosen) {
    std::vector<stage> plan;
    if (chosen.shape == load_shape::lives) {
        auto& lives = plan.emplace_back();
        lives.kind = stage_kind::lives;
        lives.name = "lives";
        lives.calls = chosen.phases;
        lives.limit = chosen.duration;
        return plan;
    }
    for (const auto kind : chosen.phases) {
        auto& phase = plan.emplace_back();
        phase.name = to_string(kind);
        phase.calls = {kind};
    }
    if (chosen.mix.empty())
        return plan;
    stage mix;
    mix.kind = stage_kind::mix;
    mix.name = "mix";
    mix.mix = chosen.mix;
    mix.limit = chosen.duration;
    const auto first_end = std::find_if(plan.begin(), plan.end(), [](const stage& one) {
        const auto kind = one.calls.front();
        return is_deletion(kind) || kind == call_kind::remove_participant_from_session;
    });
    plan.insert(first_end, mix);
    return plan;
}

std::size_t stage_to_go_on_with(const std::vector<stage>& plan, std::optional<std::uint64_t> reached) {
    if (!reached)
        return 0;
    for (std::size_t number = 0; number < plan.size() && number <= *reached; ++number)
        if (plan[number].kind == stage_kind::calls && is_deletion(plan[number].calls.front()))
            return number;
    return 0;
}

} // namespace bandwidth::webrtc::bulk
