#include "bulk/run/settings.hpp"

#include "bulk/figures/units.hpp"

#include <boost/json/array.hpp>

namespace bandwidth::webrtc::bulk {

namespace json = boost::json;

namespace {

json::string_view json_text(std::string_view text) { return {text.data(), text.size()}; }

std::string counted(std::size_t count, const char* noun) {
    return format_count(count) + ' ' + noun + (count == 1 ? "" : "s");
}

bool ends_by_time(const settings& chosen) {
    return chosen.shape == load_shape::lives && chosen.duration.count() > 0;
}

} // namespace

std::size_t settings::concurrent_items() const noexcept {
    if (callers != 0)
        return callers;
    return is_open_loop() ? 10'000 : connections * depth;
}

json::object to_json(const settings& chosen) {
    json::object out;
    out["api"] = json_text(to_string(chosen.api));
    if (chosen.api == api_family::brtc) {
        out["endpoints"] = chosen.endpoints;
    } else {
        out["sessions"] = chosen.sessions;
        out["participants"] = chosen.participants;
    }
    out["operations"] = chosen.operations;
    out["shape"] = chosen.shape == load_shape::lives ? "lives" : "phases";
    out["connections"] = chosen.connections;
    out["depth"] = chosen.depth;
    out["callers"] = chosen.concurrent_items();
    out["threads"] = chosen.threads;
    out["attempts"] = chosen.attempts;
    out["timeout_ns"] = chosen.timeout.count();
    out["delay_ns"] = chosen.delay.count();
    if (chosen.is_open_loop()) {
        out["rate"] = chosen.rate;
        out["arrivals"] = chosen.process == arrival_process::poisson ? "poisson" : "constant";
    }
    out["ramp_ns"] = chosen.ramp.count();
    out["duration_ns"] = chosen.duration.count();
    out["warm_up_ns"] = chosen.warm_up.count();
    out["think_min_ns"] = chosen.think_min.count();
    out["think_max_ns"] = chosen.think_max.count();
    json::object mix;
    for (const auto& one : chosen.mix)
        mix[json_text(to_string(one.kind))] = one.weight;
    out["mix"] = std::move(mix);
    return out;
}

std::string describe_job(const settings& chosen) {
    const auto counted_items = [&](const char* noun) {
        return ends_by_time(chosen) ? std::string(noun) + 's' : counted(chosen.items(), noun);
    };
    auto text = chosen.api == api_family::brtc ? counted_items("endpoint")
                                               : counted_items("session") + " with " +
                                                     counted(chosen.participants, "participant") + " each";
    if (ends_by_time(chosen))
        text += ", for " + format_duration(chosen.duration);
    return text;
}

} // namespace bandwidth::webrtc::bulk
