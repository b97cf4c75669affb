#pragma once

#include "bulk/job/calls.hpp"
#include "bulk/run/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// What the items of a stage are.
enum class stage_kind {
    calls,    ///< one call for each thing that it is about
    lives,    ///< for each session or endpoint several calls, one after the other
    mix,      ///< calls at random
    clean_up, ///< as `calls`, to delete what is left: it is no part of what is measured
};

/// A part of a run: its items are begun by a number of callers, or by a schedule, and it ends when all have ended.
struct stage {
    stage_kind kind = stage_kind::calls;
    std::string name;                  ///< for people: "get_session"
    std::vector<call_kind> calls;      ///< one, or those of a life
    std::vector<weighted_call> mix;    ///< of a mix alone
    std::chrono::nanoseconds limit{0}; ///< nothing begins after so long; 0: until all items are done
};

/// The stages of a run: with lives one, else one for each call, and the mix before what is removed or deleted.
std::vector<stage> plan_of(const settings& chosen);

/// The number of the stage with which a run goes on. Until something was deleted all of it is made once more,
/// but for the creation of what exists, since reading, joining and subscribing twice does no harm; from then
/// on the deleting is.
/// \param reached  the last stage that had begun; nothing where none had
std::size_t stage_to_go_on_with(const std::vector<stage>& plan, std::optional<std::uint64_t> reached);

} // namespace bandwidth::webrtc::bulk
