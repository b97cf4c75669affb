#include "bulk/run/caller.hpp"

#include "bulk/run/engine.hpp"

#include <utility>

namespace bandwidth::webrtc::bulk {

call_log::started_call caller::start(call_kind kind, std::size_t item) {
    has_called = true;
    const auto now = clock::now();
    return {kind, item, std::exchange(intended_, std::nullopt).value_or(now), now};
}

void caller::add_success(const started_call& call) { engine_.add_success(call, *info_); }

void caller::add_failure(const started_call& call, const failure& failure) {
    all_went_well = false;
    engine_.add_failure(call, failure);
}

void caller::add_check(const started_call& call, const std::string& problem) {
    all_went_well = all_went_well && problem.empty();
    engine_.add_check(call, problem);
}

void caller::skip(call_kind kind) { engine_.skip(kind); }

void caller::created(thing_kind kind, std::size_t number, std::string_view id) {
    engine_.created(kind, number, id);
}

void caller::deleted(thing_kind kind, std::size_t number) { engine_.deleted(kind, number); }

bool caller::may_go_on() const noexcept { return engine_.may_go_on(); }

} // namespace bandwidth::webrtc::bulk
