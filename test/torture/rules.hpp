#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/chaos_server.hpp"
#include "torture/client_run.hpp"

// What must hold of a call, by what its caller was told and what the server has seen.

namespace torture {

// By then what the server has written can be read by the client, also on a machine that stalls.
constexpr auto on_its_way = 5ms;

// What a call may fail with where connections fail.
inline bool is_expected(const error_code& code) {
    for (const auto known :
         {errc::throttled, errc::connection_lost, errc::incomplete_response, errc::protocol_error,
          errc::response_timeout, errc::body_timeout, errc::queue_timeout, errc::connect_failed,
          errc::connect_timeout, errc::handshake_failed, errc::handshake_timeout, errc::tls_failed})
        if (code == known)
            return true;
    return false;
}

struct bounds {
    int sends = 1;
    bool faults = true;
};

// The first rule that the call with this number has broken; empty when it has broken none.
inline std::string broken_by(std::uint64_t nonce, const outcome& call, const support::chaos_record& seen,
                             const bounds& allowed) {
    const auto name = "n" + std::to_string(nonce);
    if (call.completions != 1)
        return "I1: completed " + std::to_string(call.completions) + " times";
    if (call.is_post && seen.received > 1 + seen.excused + seen.refused)
        return "I3: received " + std::to_string(seen.received) + " times";
    if (seen.received > allowed.sends + seen.refused)
        return "I4: received " + std::to_string(seen.received) + " times";
    if (call.succeeded) {
        if (!call.id.empty() && call.id != name)
            return "I2: has the response to " + call.id;
        if (!seen.statuses.contains(200) && !seen.statuses.contains(204))
            return "I2: succeeded, and was never answered so";
        return {};
    }
    const auto& why = call.why;
    if (why.http_status() != 0) {
        if (!seen.statuses.contains(why.http_status()))
            return "I2: has a response that was not given to it, " + why.describe();
        if (why.body().find("\"it is " + name + "\"") == std::string::npos)
            return "I2: has another's response, " + why.body();
        if (why.delivery() != delivery::answered)
            return "delivery: it was answered, " + why.describe();
        return {};
    }
    if (seen.received > why.attempts())
        return "received " + std::to_string(seen.received) + " times: " + why.describe();
    if (why.message().find("the response is for ") != std::string::npos) // this server never mixes them up
        return "I2: was given another's response, " + why.describe();
    if (why.delivery() == delivery::answered)
        return "delivery: it was not answered, " + why.describe();
    if (why.delivery() == delivery::not_sent && seen.processed != 0)
        return "delivery: it was processed, " + why.describe();
    if (why.code() == errc::cancelled)
        return !call.cancelled ? std::string("I5: cancelled with another")
               : call.cancelled_unsent && why.delivery() != delivery::not_sent
                   ? std::string("total cancellation has ended a call that may have been sent")
                   : std::string();
    if (!allowed.faults || !is_expected(why.code()))
        return "failed for no reason, " + why.describe();
    // What is received once is not resent, so this is the response that the call was waiting for.
    if (why.code() == errc::response_timeout && seen.received == 1 &&
        seen.responded + on_its_way < call.started_at + call.limit &&
        seen.responded != clock_type::time_point{})
        return "its response had come in time, " + why.describe();
    return {};
}

// I6. A caller who was told of the end of a call knows that its connection has ended, if it was that call's
// request that ended it: no call that he starts then may arrive on that connection.
inline std::string broken_on_ended_connections(const std::vector<outcome>& calls,
                                               const std::map<std::uint64_t, support::chaos_record>& seen,
                                               const std::map<std::size_t, std::uint64_t>& ended_by) {
    for (const auto& [nonce, record] : seen) {
        for (const auto on : record.connections) {
            const auto found = ended_by.find(on);
            // A caller who left early was not told.
            if (found == ended_by.end() || calls[found->second].cancelled || calls[found->second].impatient ||
                calls[found->second].why.code() == condition::timeout)
                continue;
            if (calls[found->second].ended < calls[nonce].started)
                return "I6: n" + std::to_string(nonce) + " came on connection " + std::to_string(on) +
                       ", which n" + std::to_string(found->second) + " had ended";
        }
    }
    return {};
}

// No POST that began when the end of a connection had arrived already may come on that connection. (Other
// requests may: they are resent.)
inline std::string broken_on_finished_connections(
    const std::vector<outcome>& calls, const std::map<std::uint64_t, support::chaos_record>& seen,
    const std::map<std::size_t, clock_type::time_point>& finished) {
    for (const auto& [nonce, record] : seen) {
        for (const auto on : record.connections) {
            const auto found = finished.find(on);
            if (calls[nonce].is_post && found != finished.end() &&
                found->second + on_its_way < calls[nonce].started_at)
                return "the POST n" + std::to_string(nonce) + " came on connection " + std::to_string(on) +
                       ", which had ended before it began";
        }
    }
    return {};
}

} // namespace torture
