#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include "loopback/program/option_text.hpp"
#include "program/version_text.hpp"

// The emulated Bandwidth WebRTC API as a program: start it, and talk to it with curl.

namespace {

namespace asio = boost::asio;
namespace testing = bandwidth::webrtc::testing;

constexpr const char* program_name = "bandwidth-webrtc-loopback";

constexpr int success = 0;
constexpr int failure = 1;
constexpr int usage_error = 2;
constexpr int cannot_bind = 4;

struct settings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8443;
    std::string account = "9900000";
    std::string username = "user";
    std::string password = "secret";
    std::string client_id = "client";
    std::vector<std::string> client_secrets = {"client-secret"};
    std::chrono::seconds::rep token_lifetime = 3600;
    std::chrono::nanoseconds delay{0};
    loopback_program::rate throttle;
    std::vector<testing::fault> faults;
    std::size_t max_endpoints = 0;
    bool empty_lists_as_204 = false;
    bool older_device_api_versions = false;
    bool metrics = false;
    std::string ca_file;
    bool log = false;
};

constexpr const char* about =
    R"(Emulates Bandwidth's WebRTC API and BRTC's endpoints over HTTPS on this machine,
for tests and for trying things out.

Examples:
  bandwidth-webrtc-loopback --log
        on port 8443, with a line for each response
  bandwidth-webrtc-loopback --fault method=GET,times=3,status=503 --fault always,delay=50ms
        the first three GETs get 503, everything else is late
  bandwidth-webrtc-loopback --throttle 100/10s --metrics
        429 beyond 100 requests in ten seconds; GET /metrics tells how many there were
)";

constexpr const char* signals_and_statuses = R"(

Signals: SIGINT (Ctrl-C) and SIGTERM end the program. SIGUSR1 revokes every access token that is out.

Exit status: 0 ended by SIGINT (Ctrl-C) or SIGTERM, 1 the CA certificate cannot be written, 2 bad usage,
4 the address cannot be listened on.)";

/// Adds an option whose text is read by `read`; what that refuses is bad usage.
template <class Read>
CLI::Option* add_text_option(CLI::App& app, const std::string& name, const std::string& type,
                             const Read& read, const std::string& description) {
    const auto read_all = [name, read](const std::vector<std::string>& texts) {
        try {
            for (const auto& text : texts)
                read(text);
        } catch (const std::invalid_argument& error) {
            throw CLI::ValidationError(name, error.what());
        }
    };
    return app.add_option_function<std::vector<std::string>>(name, read_all, description)
        ->allow_extra_args(false)
        ->type_name(type);
}

void declare_misbehaviour(CLI::App& app, settings& chosen) {
    add_text_option(
        app, "--delay", "TIME",
        [&chosen](const std::string& text) { chosen.delay = loopback_program::parse_delay(text); },
        "Time between a request and its response, such as 20ms; a number alone is in milliseconds");
    add_text_option(
        app, "--fault", "FAULT",
        [&chosen](const std::string& text) { chosen.faults.push_back(loopback_program::parse_fault(text)); },
        "What to do wrong, see below. May be given more than once; of those that meet a request, the first "
        "decides");
    add_text_option(
        app, "--throttle", "N[/TIME]",
        [&chosen](const std::string& text) { chosen.throttle = loopback_program::parse_rate(text); },
        "Requests in a second, or in the time given; those beyond get 429 with Retry-After");
    app.add_option(
           "--max-endpoints", chosen.max_endpoints,
           "BRTC endpoints that there may be at a time; one more gets 429 too_many_endpoints (default: no "
           "limit)")
        ->type_name("N");
    app.add_flag("--empty-lists-as-204", chosen.empty_lists_as_204,
                 "204 and no body in place of empty lists and subscriptions");
    app.add_flag("--older-device-api-versions", chosen.older_device_api_versions,
                 "Take V2, and v2 and v3 in lower case, for deviceApiVersion");
}

void declare_options(CLI::App& app, settings& chosen) {
    app.set_version_flag("--version", bandwidth::webrtc::program::version_text(program_name),
                         "Print the versions of this program and its parts");
    app.add_option("--port", chosen.port, "Port to listen on; 0 lets the system choose")
        ->capture_default_str();
    app.add_option("--address", chosen.address, "IP address to listen on")->capture_default_str();
    app.add_option("--account", chosen.account, "The one account that exists")->capture_default_str();
    app.add_option("--username", chosen.username, "User name that requests must carry")
        ->capture_default_str();
    app.add_option("--password", chosen.password,
                   "Password that requests must carry: a test password, never a real one")
        ->envname("LOOPBACK_PASSWORD")
        ->capture_default_str();
    app.add_option("--client-id", chosen.client_id,
                   "Client id for which access tokens are issued (OAuth 2.0 client credentials)")
        ->capture_default_str();
    app.add_option(
           "--client-secret", chosen.client_secrets,
           "Secret of the client: a test secret, never a real one. Given twice, both are valid, as while "
           "secrets are changed (default: client-secret)")
        ->envname("LOOPBACK_CLIENT_SECRET")
        ->expected(1, 2)
        ->allow_extra_args(false)
        ->check([](const std::string& secret) {
            return secret.empty() ? "a client secret is not empty" : std::string();
        })
        ->type_name("TEXT");
    app.add_option("--token-lifetime", chosen.token_lifetime, "How long an access token is valid")
        ->check(CLI::Range(1, 1'000'000'000))
        ->type_name("SECONDS")
        ->capture_default_str();
    declare_misbehaviour(app, chosen);
    app.add_option(
        "--write-ca", chosen.ca_file,
        "File for the CA certificate that clients must trust (default: one in the temporary directory)");
    app.add_flag("--metrics", chosen.metrics,
                 "Serve GET /metrics, without credentials, in Prometheus' text format");
    app.add_flag("--log", chosen.log, "Print a line for every response");
}

testing::loopback_options make_options(const settings& chosen) {
    testing::loopback_options options;
    options.address(chosen.address)
        .port(chosen.port)
        .account(chosen.account)
        .credentials(chosen.username, chosen.password)
        .client_credentials(chosen.client_id, chosen.client_secrets.front(),
                            chosen.client_secrets.size() > 1 ? chosen.client_secrets.back() : std::string())
        .token_lifetime(std::chrono::seconds(chosen.token_lifetime))
        .delay(chosen.delay)
        .rate_limit(chosen.throttle.requests, chosen.throttle.period)
        .max_endpoints(chosen.max_endpoints)
        .empty_lists_as_204(chosen.empty_lists_as_204)
        .older_device_api_versions(chosen.older_device_api_versions)
        .metrics(chosen.metrics);
    if (chosen.log) {
        options.on_response([](std::string_view method, std::string_view target, int status) {
            std::cout << status << ' ' << method << ' ' << target << '\n' << std::flush;
        });
    }
    return options;
}

std::string write_ca(const settings& chosen, const testing::loopback_server& server) {
    auto file = chosen.ca_file;
    if (file.empty()) {
        const auto name = "loopback-ca-" + std::to_string(server.port()) + ".pem";
        file = (std::filesystem::temp_directory_path() / name).string();
    }
    std::ofstream out(file, std::ios::trunc);
    out << server.ca_pem() << std::flush;
    if (!out)
        throw std::runtime_error("cannot write the CA certificate to " + file);
    return file;
}

void print_welcome(const testing::loopback_server& server, const std::string& ca_file, bool metrics) {
    std::cout << "base URL  " << server.base_url() << "\n"
              << "BRTC URL  " << server.brtc_url() << "\n"
              << "account   " << server.account() << "\n"
              << "CA file   " << ca_file << "\n"
              << "token URL " << server.token_url() << "\n"
              << "client id " << server.client_id() << "\n\n"
              << "Create a session:\n"
              << "  curl --cacert '" << ca_file << "' --user '" << server.username() << ":"
              << server.password() << "' --json '{\"tag\":\"first\"}' " << server.base_url() << "/accounts/"
              << server.account() << "/sessions\n\n";
    if (metrics)
        std::cout << "metrics   https://localhost:" << server.port() << "/metrics\n\n";
    std::cout << "Ctrl-C stops.\n" << std::flush;
}

void print_farewell(const testing::loopback_server& server) {
    const auto seen = server.stats();
    std::cout << "\n"
              << seen.requests() << " requests on " << seen.connections_accepted << " connections, "
              << server.session_count() << " sessions, " << server.participant_count() << " participants and "
              << server.endpoint_count() << " endpoints left\n"
              << std::flush;
}

/// SIGUSR1 revokes all access tokens; the first other signal of the set stops the server.
void follow(asio::signal_set& signals, testing::loopback_server& server) {
    signals.async_wait([&signals, &server](boost::system::error_code, int signal) {
        if (signal == SIGUSR1) {
            server.revoke_tokens();
            std::cout << "SIGUSR1: access tokens revoked\n" << std::flush;
            follow(signals, server);
        } else {
            server.close_idle_connections(); // with a close_notify, since no request waits there
            server.stop();
        }
    });
}

int serve(const settings& chosen) {
    asio::io_context context(1);
    testing::loopback_server server(context.get_executor(), make_options(chosen));
    for (const auto& fault : chosen.faults)
        server.inject(fault);

    // Before the welcome: who has read it may send a signal.
    asio::signal_set signals(context, SIGINT, SIGTERM, SIGUSR1);
    follow(signals, server);
    print_welcome(server, write_ca(chosen, server), chosen.metrics);
    context.run();
    print_farewell(server);
    return success;
}

} // namespace

int main(int argc, char** argv) {
    settings chosen;
    CLI::App app(about, program_name);
    app.footer(std::string(loopback_program::fault_help) + signals_and_statuses);
    declare_options(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? success : usage_error;
    }
    try {
        return serve(chosen);
    } catch (const boost::system::system_error& error) {
        std::cerr << program_name << ": cannot listen on " << chosen.address << " port " << chosen.port
                  << ": " << error.code().message() << "\n";
        return cannot_bind;
    } catch (const std::exception& error) {
        std::cerr << program_name << ": " << error.what() << "\n";
        return failure;
    }
}
