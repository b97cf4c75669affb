// The tables of doc/errors.md, doc/options.md and doc/testing_your_code.md, against the library.
#include <doctest/doctest.h>

#include <algorithm>
#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/brtc/client_options.hpp>
#include <bandwidth/webrtc/client_credentials.hpp>
#include <bandwidth/webrtc/testing/loopback_options.hpp>
#include <boost/system/errc.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace webrtc = bandwidth::webrtc;

namespace {

/// A row of a table, below the last heading of the second level.
struct page_row {
    std::string heading;
    std::vector<std::string> cells;
};

std::vector<page_row> rows_of(const std::string& page) {
    std::ifstream file(std::string(README_PAGES "/") + page);
    REQUIRE(file);
    std::vector<page_row> rows;
    std::string heading;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("## "))
            heading = line.substr(3);
        if (!line.starts_with("| "))
            continue;
        page_row row{heading, {}};
        std::istringstream cells(line.substr(1));
        for (std::string cell; std::getline(cells, cell, '|');) {
            const auto begin = cell.find_first_not_of(' ');
            const auto end = cell.find_last_not_of(' ');
            row.cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, end - begin + 1));
        }
        rows.push_back(row);
    }
    return rows;
}

std::set<std::string> found_in(const std::string& text, const char* expression) {
    const std::regex pattern(expression);
    std::set<std::string> found;
    for (auto at = std::sregex_iterator(text.begin(), text.end(), pattern); at != std::sregex_iterator();
         ++at)
        found.insert(at->str(1));
    return found;
}
std::set<std::string> names_in(const std::string& text) { return found_in(text, "`([a-z_]+)`"); }

struct named_condition {
    webrtc::condition value;
    const char* name;
};
constexpr named_condition conditions[] = {
    {webrtc::condition::client_error, "client_error"}, {webrtc::condition::server_error, "server_error"},
    {webrtc::condition::throttled, "throttled"},       {webrtc::condition::timeout, "timeout"},
    {webrtc::condition::not_found, "not_found"},       {webrtc::condition::unauthorized, "unauthorized"},
    {webrtc::condition::tls_error, "tls_error"},       {webrtc::condition::retryable, "retryable"},
};

std::set<std::string> conditions_that_hold(const webrtc::error_code& code) {
    std::set<std::string> names;
    for (const auto& each : conditions)
        if (code == each.value)
            names.insert(each.name);
    return names;
}

/// Every `errc`, whose last one is found by its text.
std::vector<webrtc::error_code> all_errors() {
    std::vector<webrtc::error_code> all;
    for (int value = 1;; ++value) {
        const auto code = webrtc::make_error_code(static_cast<webrtc::errc>(value));
        if (code.message() == webrtc::make_error_code(webrtc::errc()).message())
            return all;
        all.push_back(code);
    }
}

std::string text_of(std::chrono::nanoseconds value) {
    using namespace std::chrono_literals;
    const auto in = [value](std::chrono::nanoseconds unit, const char* name) {
        return std::to_string(value / unit) + ' ' + name;
    };
    return value == 0ns          ? "0"
           : value % 1h == 0ns   ? in(1h, "h")
           : value % 1min == 0ns ? in(1min, "min")
           : value % 1s == 0ns   ? in(1s, "s")
                                 : in(1ms, "ms");
}

std::string text_of_bytes(std::size_t value) {
    return value % (1U << 20) == 0 ? std::to_string(value >> 20) + " MiB"
                                   : std::to_string(value >> 10) + " KiB";
}

template <class Value>
std::string plain_text_of(const Value& value) {
    std::ostringstream text;
    if constexpr (std::is_same_v<Value, bool>)
        text << (value ? "`true`" : "`false`");
    else
        text << value;
    return text.str();
}

/// The second cell of an option's row, below the heading that names its class.
std::string default_in(const std::vector<page_row>& rows, const std::string& options,
                       const std::string& name) {
    for (const auto& row : rows)
        if (row.heading.find('`' + options + '`') != std::string::npos && row.cells.at(0) == '`' + name + '`')
            return row.cells.at(1);
    return "no row for " + options + "::" + name;
}

} // namespace

TEST_CASE("doc/errors.md: every error, with the conditions that hold") {
    const auto rows = rows_of("errors.md");
    std::set<std::string> explained;
    for (const auto& row : rows)
        if (row.heading == "Every `errc`" && row.cells.at(0).starts_with('`'))
            explained.merge(names_in(row.cells.at(0)));
    const auto all = all_errors();
    CHECK(all.size() == explained.size());
    for (const auto& code : all) {
        const auto name = webrtc::error_type(code);
        CAPTURE(name);
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const page_row& each) {
            return each.heading == "Every `errc`" && each.cells.at(0) == '`' + name + '`';
        });
        REQUIRE(row != rows.end());
        CHECK(names_in(row->cells.at(2)) == conditions_that_hold(code));
    }
}

TEST_CASE("doc/errors.md: conditions, errors of the system, statuses") {
    using namespace boost::system::errc;
    struct named_system_error {
        errc_t value;
        const char* name;
    };
    constexpr named_system_error system_errors[] = {
        {timed_out, "timed_out"},
        {operation_canceled, "operation_canceled"},
        {invalid_argument, "invalid_argument"},
        {address_not_available, "address_not_available"},
        {resource_unavailable_try_again, "resource_unavailable_try_again"},
        {connection_refused, "connection_refused"},
        {connection_aborted, "connection_aborted"},
        {connection_reset, "connection_reset"},
        {permission_denied, "permission_denied"},
        {protocol_not_supported, "protocol_not_supported"},
        {protocol_error, "protocol_error"},
        {message_size, "message_size"},
        {bad_message, "bad_message"},
    };
    const auto all = all_errors();
    std::set<std::string> told_conditions;
    std::size_t equal = 0;
    int statuses = 0;
    for (const auto& row : rows_of("errors.md")) {
        const auto& first = row.cells.at(0);
        CAPTURE(first);
        if (row.heading == "Conditions") {
            for (const auto& each : conditions)
                if (first == '`' + std::string(each.name) + '`')
                    told_conditions.insert(each.name);
            for (const auto& each : system_errors) {
                if (first != '`' + std::string(each.name) + '`')
                    continue;
                std::set<std::string> expected;
                for (const auto& code : all)
                    if (code == make_error_condition(each.value))
                        expected.insert(webrtc::error_type(code));
                CHECK(names_in(row.cells.at(1)) == expected);
                equal += expected.size();
            }
        } else if (row.heading == "HTTP statuses") {
            for (const auto& status : found_in(first, "([1-5][0-9][0-9])")) {
                CHECK(names_in(row.cells.at(1)) ==
                      conditions_that_hold(webrtc::make_http_error(std::stoi(status))));
                ++statuses;
            }
        }
    }
    CHECK(told_conditions.size() == std::size(conditions));
    CHECK(equal == all.size());
    CHECK(statuses >= 14);
}

TEST_CASE("doc/options.md: the defaults") {
    const auto rows = rows_of("options.md");
    const webrtc::client_options client;
    const auto is = [&](const char* options, const char* name, const std::string& value) {
        CAPTURE(name);
        CHECK(default_in(rows, options, name) == value);
    };
    is("client_options", "base_url",
       '`' + client.base_url() + "`; of BRTC `" + webrtc::brtc::client_options().base_url() + '`');

    auto agent = client.user_agent();
    agent.replace(agent.find(webrtc::version_string), std::string_view(webrtc::version_string).size(),
                  "<version>");
    is("basic_account_options", "user_agent", '`' + agent + '`');
    is("basic_account_options", "verify_ids", plain_text_of(client.verify_ids()));

    const auto* const connection = "basic_connection_options";
    is(connection, "allow_key_log", plain_text_of(client.allow_key_log()));
    is(connection, "max_connections", plain_text_of(client.max_connections()));
    is(connection, "min_connections", plain_text_of(client.min_connections()));
    is(connection, "pipeline_depth", plain_text_of(client.pipeline_depth()));
    is(connection, "queue_limit", plain_text_of(client.queue_limit()));
    is(connection, "single_threaded", plain_text_of(client.single_threaded()));
    is(connection, "shards", plain_text_of(client.shards()));
    is(connection, "timeout", text_of(client.timeout()));
    is(connection, "connect_timeout", text_of(client.connect_timeout()));
    is(connection, "response_timeout", text_of(client.response_timeout()));
    is(connection, "idle_timeout", text_of(client.idle_timeout()));
    is(connection, "max_connection_age", text_of(client.max_connection_age()));
    is(connection, "max_resends", plain_text_of(client.max_resends()));
    is(connection, "retry_budget",
       plain_text_of(client.retry_budget_per_second()) + " a second, " +
           plain_text_of(client.retry_budget_ratio()));
    is(connection, "body_limit", text_of_bytes(client.body_limit()));
    is(connection, "header_limit", text_of_bytes(client.header_limit()));

    const webrtc::call_options call;
    is("call_options", "allow_resend", plain_text_of(call.allow_resend()));
    is("call_options", "idempotent", plain_text_of(call.idempotent()));
    is("call_options", "dedicated_connection", plain_text_of(call.dedicated_connection()));
    is("call_options", "ignore_not_found", plain_text_of(call.ignore_not_found()));

    const auto& retry = client.retry();
    is("retry_policy", "attempts", plain_text_of(retry.attempts()));
    is("retry_policy", "backoff", text_of(retry.first_backoff()) + ", " + text_of(retry.longest_backoff()));
    is("retry_policy", "throttled_backoff", text_of(retry.throttled_backoff()));
    is("retry_policy", "longest_retry_after", text_of(retry.longest_retry_after()));
    is("retry_policy", "retry_unavailable_unsafe", plain_text_of(retry.retry_unavailable_unsafe()));
    std::string statuses;
    for (int status = 400; status < 600; ++status)
        if (retry.retries_status(status))
            statuses.append(statuses.empty() ? "" : ", ").append(std::to_string(status));
    is("retry_policy", "retry_status", statuses);

    const webrtc::token_options token;
    is("token_options", "token_url", '`' + token.token_url() + '`');
    is("token_options", "connection",
       plain_text_of(token.connection().max_connections()) + " connection, " +
           text_of(token.connection().timeout()) + ", closed after " +
           text_of(token.connection().idle_timeout()) + " idle, " +
           plain_text_of(token.connection().retry().attempts()) + " attempt");
}

TEST_CASE("doc/testing_your_code.md: the defaults of the emulation") {
    const auto rows = rows_of("testing_your_code.md");
    const webrtc::testing::loopback_options options;
    const auto is = [&](const char* name, const std::string& value) {
        CAPTURE(name);
        CHECK(default_in(rows, "loopback_options", name) == value);
    };
    is("address", options.address());
    is("account", options.account());
    is("credentials", options.username() + ", " + options.password());
    is("client_credentials", options.client_id() + ", " + options.client_secrets().front());
    is("token_lifetime", text_of(options.token_lifetime()));
    is("delay", text_of(options.delay()));
    is("event_timeout", text_of(options.event_timeout()));
    is("events_to_any_host", plain_text_of(options.events_to_any_host()));
    is("empty_lists_as_204", plain_text_of(options.empty_lists_as_204()));
    is("older_device_api_versions", plain_text_of(options.older_device_api_versions()));
    is("metrics", plain_text_of(options.metrics()));
    is("record_requests", plain_text_of(options.record_requests()));
}
