#include "bulk/program/command_line.hpp"

#include "bulk/figures/units.hpp"
#include "bulk/report/exit_status.hpp"

#include <openssl/crypto.h>
#include <CLI/CLI.hpp>
#include <bandwidth/webrtc/version.hpp>
#include <boost/version.hpp>
#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <string>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr const char* introduction =
    R"(Creates sessions with participants, joins them, reads them back, subscribes, and deletes them all, over
pipelined HTTPS. Checks that every response belongs to its request, and tells how fast it was and what failed.
With --api brtc: creates endpoints of BRTC, reads and lists them, deletes them all, and lists once more.

Examples:
  bandwidth-webrtc-bulk
        against a service that it starts itself
  bandwidth-webrtc-bulk --sessions 100k --participants 0 --operations create,get,delete
        100,000 sessions through create, get and delete
  bandwidth-webrtc-bulk --api brtc --endpoints 2k
        2,000 endpoints of BRTC, with client credentials
  bandwidth-webrtc-bulk --delay 20ms --connections 4 --depth 8
        as if the service were 20 ms away
  bandwidth-webrtc-bulk --json > report.json
        the report as one JSON object
  bandwidth-webrtc-bulk --base-url https://localhost:8443/v1 --ca-file ca.pem
        against a loopback_server that runs elsewhere
  bandwidth-webrtc-bulk --real --sessions 20 --callers 4
        against Bandwidth's service, with BW_ACCOUNT_ID, BW_CLIENT_ID and BW_CLIENT_SECRET of the environment
        (or BW_USERNAME and BW_PASSWORD where neither of the latter two is set)
)";

constexpr const char* exit_statuses =
    R"(Counts take k and M (10k), durations us, ms, s, m and h (500ms, 1.5s).
The report goes to standard output, progress and errors to standard error.
Ctrl-C ends the run: the report tells what was done so far, and what was created is deleted. A second Ctrl-C
gives up.

Exit status:
  0  all is well
  1  some operations failed, a response did not belong to its request, or something was left behind
  2  bad usage
  3  no credentials, or the service refuses them, or options that the client refuses
  4  no connection to the service
  130, 143  ended by SIGINT (Ctrl-C), SIGTERM)";

void add_count(CLI::App& app, const std::string& name, std::size_t& target, std::uint64_t min,
               std::uint64_t max, const std::string& description) {
    const auto assign = [&target, name, min, max](const std::string& text) {
        std::uint64_t value = 0;
        try {
            value = parse_count(text);
        } catch (const std::invalid_argument& error) {
            throw CLI::ValidationError(name, error.what());
        }
        if (value < min || value > max)
            throw CLI::ValidationError(
                name, text + " is not between " + format_count(min) + " and " + format_count(max));
        target = static_cast<std::size_t>(value);
    };
    app.add_option_function<std::string>(name, assign, description)->type_name("COUNT");
}

void add_duration(CLI::App& app, const std::string& name, std::chrono::nanoseconds& target,
                  std::chrono::nanoseconds min, std::chrono::nanoseconds max,
                  const std::string& description) {
    const auto assign = [&target, name, min, max](const std::string& text) {
        try {
            target = parse_duration(text);
        } catch (const std::invalid_argument& error) {
            throw CLI::ValidationError(name, error.what());
        }
        if (target < min || target > max)
            throw CLI::ValidationError(
                name, text + " is not between " + format_duration(min) + " and " + format_duration(max));
    };
    app.add_option_function<std::string>(name, assign, description)->type_name("DURATION");
}

void add_api(CLI::App& app, settings& chosen) {
    const auto assign = [&chosen](const std::string& text) {
        if (text == "webrtc")
            chosen.api = api_family::webrtc;
        else if (text == "brtc")
            chosen.api = api_family::brtc;
        else
            throw CLI::ValidationError("--api", '\'' + text + "' is not webrtc or brtc");
    };
    app.add_option_function<std::string>(
           "--api", assign, "Which API: webrtc (the default: sessions and participants) or brtc (endpoints)")
        ->type_name("API");
}

void add_progress(CLI::App& app, settings& chosen) {
    const auto assign = [&chosen](const std::string& text) {
        if (text == "auto")
            chosen.progress = progress_mode::automatic;
        else if (text == "always")
            chosen.progress = progress_mode::always;
        else if (text == "never")
            chosen.progress = progress_mode::never;
        else
            throw CLI::ValidationError("--progress", '\'' + text + "' is not auto, always or never");
    };
    app.add_option_function<std::string>(
           "--progress", assign, "A progress line: auto (the default: on a terminal), always or never")
        ->type_name("WHEN");
}

std::string version_text() {
    return "bandwidth-webrtc-bulk " + std::string(version_string) + "\n" + "Boost " +
           std::to_string(BOOST_VERSION / 100'000) + '.' + std::to_string(BOOST_VERSION / 100 % 1'000) + '.' +
           std::to_string(BOOST_VERSION % 100) + ", " + OpenSSL_version(OPENSSL_VERSION) + ", compiled by " +
#ifdef __clang__
           "clang " __clang_version__;
#else
           "g++ " __VERSION__;
#endif
}

// The option is of the other API.
void refuse_other_api(const CLI::App& app, const char* option, api_family family) {
    if (app.count(option) > 0)
        throw CLI::ValidationError(option, "goes with --api " + std::string(to_string(family)));
}

void choose_operations(const CLI::App& app, settings& chosen) {
    if (app.count("--operations") == 0)
        chosen.operations = default_operations(chosen.api);
    try {
        chosen.phases = parse_operations(chosen.api, chosen.operations);
    } catch (const std::invalid_argument& error) {
        throw CLI::ValidationError("--operations", error.what());
    }
}

// What one option alone cannot tell.
void check_together(const settings& chosen, bool base_url_given, bool delay_given) {
    if (chosen.service == service_kind::loopback && !chosen.ca_file.empty())
        throw CLI::ValidationError("--ca-file", "goes with --base-url or --real");
    if (base_url_given && chosen.base_url.empty())
        throw CLI::ValidationError("--base-url", "is empty");
    if (chosen.service != service_kind::loopback && delay_given)
        throw CLI::ValidationError("--delay", "is for the embedded service, not for one that runs elsewhere");
}

} // namespace

std::variant<settings, int> parse_command_line(int argc, const char* const* argv, std::ostream& out,
                                               std::ostream& err) {
    using namespace std::chrono_literals;
    settings chosen;
    bool real = false;

    CLI::App app{"", "bandwidth-webrtc-bulk"};
    app.get_formatter()->column_width(26);
    app.footer(exit_statuses);
    app.set_version_flag("--version", version_text(), "Print the versions of this program and its parts");

    add_api(app, chosen);
    add_count(app, "--sessions", chosen.sessions, 1, 10'000'000, "Sessions; default 10,000, with --real 10");
    add_count(app, "--participants", chosen.participants, 0, 20, "Participants in each session; default 2");
    add_count(app, "--endpoints", chosen.endpoints, 1, 10'000'000,
              "Endpoints, with --api brtc; default 10,000, with --real 10");
    add_count(app, "--connections", chosen.connections, 1, 10'000, "Connections at most; default 8");
    add_count(app, "--depth", chosen.depth, 1, 256, "Requests in flight on a connection at most; default 8");
    add_count(app, "--callers", chosen.callers, 1, 1'000'000,
              "Calls made at the same time; default connections times depth");
    add_count(app, "--attempts", chosen.attempts, 1, 100,
              "Attempts of a call that may be repeated, such as after a 503; default 3");
    app.add_option("--operations", chosen.operations,
                   "What is done to all sessions or endpoints, in this order; a word may be repeated.\n"
                   "default " +
                       std::string(default_operations(api_family::webrtc)) +
                       "\n"
                       "with --api brtc " +
                       std::string(default_operations(api_family::brtc)) +
                       "; update is another word,\n"
                       "for BXML: Bandwidth executes it, so that a device has to be connected")
        ->type_name("MIX");
    add_duration(app, "--timeout", chosen.timeout, 1us, 24h, "Timeout of each call; default 30s");
    add_duration(app, "--delay", chosen.delay, 0us, 1min,
                 "The embedded service's responses take this long; default 0s");
    app.add_option("--base-url", chosen.base_url,
                   "Call this service in place of the embedded one, with the well-known user and password\n"
                   "of loopback_server; with --real, with the environment's credentials. It ends in /v1,\n"
                   "with --api brtc in /v2")
        ->type_name("URL");
    app.add_option("--ca-file", chosen.ca_file, "Trust the certificate authorities in this PEM file alone")
        ->check(CLI::Validator(CLI::ExistingFile).description(""))
        ->type_name("FILE");
    app.add_flag("--real", real, "Call Bandwidth's service, with the credentials of the environment");
    app.add_flag("--json", chosen.json, "Report as JSON");
    add_progress(app, chosen);
    app.add_flag("--quiet", chosen.quiet, "No progress and no remarks: the report and errors alone");

    try {
        app.parse(argc, argv);
        if (real)
            chosen.service = service_kind::real;
        else if (app.count("--base-url") > 0)
            chosen.service = service_kind::url;
        if (chosen.api == api_family::brtc) {
            refuse_other_api(app, "--sessions", api_family::webrtc);
            refuse_other_api(app, "--participants", api_family::webrtc);
        } else {
            refuse_other_api(app, "--endpoints", api_family::brtc);
        }
        choose_operations(app, chosen);
        check_together(chosen, app.count("--base-url") > 0, app.count("--delay") > 0);
    } catch (const CLI::CallForHelp&) {
        out << introduction << '\n' << app.help();
        return static_cast<int>(exit_status::ok);
    } catch (const CLI::CallForVersion& version) {
        out << version.what() << '\n';
        return static_cast<int>(exit_status::ok);
    } catch (const CLI::ParseError& error) {
        err << "bandwidth-webrtc-bulk: " << printable(error.what())
            << "\nTry: bandwidth-webrtc-bulk --help\n";
        return static_cast<int>(exit_status::usage);
    }
    if (real && app.count("--sessions") == 0)
        chosen.sessions = 10;
    if (real && app.count("--endpoints") == 0)
        chosen.endpoints = 10;
    return chosen;
}

} // namespace bandwidth::webrtc::bulk
