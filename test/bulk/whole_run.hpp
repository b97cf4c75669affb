#pragma once

#include "bulk/program/program.hpp"
#include "bulk/report/report.hpp"
#include "bulk/temporary_file.hpp"

#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc::bulk::test {

/// What a run leaves behind for a test to look at.
struct outcome {
    int status = -1;
    std::string out;
    std::string err;
    boost::json::object report; // empty when `out` is not JSON

    boost::json::object operation(std::string_view name) const {
        for (const auto& entry : report.at("operations").as_array())
            if (entry.at("operation") == boost::json::string_view(name.data(), name.size()))
                return entry.as_object();
        return {};
    }
    /// What the clean-up did to the things of this kind.
    boost::json::object thing(std::string_view noun) const {
        for (const auto& entry : report.at("clean_up").at("things").as_array())
            if (entry.at("noun") == boost::json::string_view(noun.data(), noun.size()))
                return entry.as_object();
        return {};
    }
};

/// Runs the program in this process.
inline outcome run(const options& chosen) {
    std::ostringstream out;
    std::ostringstream err;
    outcome made;
    made.status = run_program(chosen, out, err);
    made.out = out.str();
    made.err = err.str();
    if (!chosen.json.empty() && !made.out.empty())
        made.report = boost::json::parse(made.out).as_object();
    return made;
}

/// Twenty sessions or endpoints, over two connections, against the embedded service.
inline options small_run(api_family api, std::string_view operations) {
    options chosen;
    auto& load = chosen.load;
    load.api = api;
    load.sessions = 20;
    load.participants = 3;
    load.endpoints = 20;
    load.connections = 2;
    load.attempts = 1;                               // each fault is to be seen
    load.clean_up_timeout = std::chrono::minutes(1); // however slow the machine is
    load.operations = operations;
    load.phases = parse_operations(api, operations);
    chosen.json = "-";
    chosen.quiet = true;
    chosen.no_journal = true;
    return chosen;
}

/// A loopback service that can be told to fail, and the settings for a run against it.
class observed_service {
public:
    explicit observed_service(testing::loopback_options set_up = {}) : server_(std::move(set_up)) {}

    testing::loopback_server& server() { return server_; }
    options chosen(api_family api, std::string_view operations) const {
        auto made = small_run(api, operations);
        made.load.service = service_kind::url;
        made.load.base_url = api == api_family::brtc ? server_.brtc_url() : server_.base_url();
        made.load.ca_file = ca_file_.path();
        return made;
    }

private:
    testing::loopback_server server_;
    temporary_file ca_file_{server_.ca_pem()};
};

/// Of sessions alone, so that each call is one of few.
inline options of_service(const observed_service& service, std::size_t sessions,
                          std::string_view operations) {
    auto chosen = service.chosen(api_family::webrtc, operations);
    chosen.load.sessions = sessions;
    chosen.load.participants = 0;
    return chosen;
}

/// The same, with lives.
inline options lives_of(options chosen) {
    chosen.load.shape = load_shape::lives;
    return chosen;
}

/// What the report of a run says, as `merge` and others take it.
inline report report_of(const outcome& made) { return parse_report(made.report); }

/// The record of an operation; an empty one where the report has none.
inline operation_record record_of(const report& report, std::string_view operation) {
    for (const auto& one : report.operations)
        if (one.operation == operation)
            return one.record;
    return operation_record();
}

} // namespace bandwidth::webrtc::bulk::test
