#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>

#include <bandwidth/webrtc/testing/loopback_server.hpp>

// The emulated Bandwidth WebRTC API as a program: start it, and talk to it with curl.

namespace {

namespace asio = boost::asio;
namespace testing = bandwidth::webrtc::testing;

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
    unsigned delay_milliseconds = 0;
    std::string ca_file;
    bool log = false;
};

void declare_options(CLI::App& app, settings& chosen) {
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
    app.add_option("--delay", chosen.delay_milliseconds, "Milliseconds between a request and its response")
        ->check(CLI::Range(0U, 3'600'000U))
        ->capture_default_str();
    app.add_option(
        "--write-ca", chosen.ca_file,
        "File for the CA certificate that clients must trust (default: one in the temporary directory)");
    app.add_flag("--log", chosen.log, "Print a line for every response");
}

testing::loopback_options make_options(const settings& chosen) {
    testing::loopback_options options;
    options.address(chosen.address)
        .port(chosen.port)
        .account(chosen.account)
        .credentials(chosen.username, chosen.password)
        .delay(std::chrono::milliseconds(chosen.delay_milliseconds));
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

void print_welcome(const testing::loopback_server& server, const std::string& ca_file) {
    std::cout << "base URL  " << server.base_url() << "\n"
              << "account   " << server.account() << "\n"
              << "CA file   " << ca_file << "\n\n"
              << "Create a session:\n"
              << "  curl --cacert '" << ca_file << "' --user '" << server.username() << ":"
              << server.password() << "' --json '{\"tag\":\"first\"}' " << server.base_url() << "/accounts/"
              << server.account() << "/sessions\n\nCtrl-C stops.\n"
              << std::flush;
}

void print_farewell(const testing::loopback_server& server) {
    const auto seen = server.stats();
    std::cout << "\n"
              << seen.requests() << " requests on " << seen.connections_accepted << " connections, "
              << server.session_count() << " sessions and " << server.participant_count()
              << " participants left\n"
              << std::flush;
}

int serve(const settings& chosen) {
    asio::io_context context(1);
    testing::loopback_server server(context.get_executor(), make_options(chosen));
    print_welcome(server, write_ca(chosen, server));

    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&server](boost::system::error_code, int) {
        server.close_idle_connections(); // with a close_notify, since no request waits there
        server.stop();
    });
    context.run();
    print_farewell(server);
    return success;
}

} // namespace

int main(int argc, char** argv) {
    settings chosen;
    CLI::App app(
        "Emulates Bandwidth's WebRTC API over HTTPS on this machine, for tests and for trying things out.",
        "loopback_server");
    declare_options(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? success : usage_error;
    }
    try {
        return serve(chosen);
    } catch (const boost::system::system_error& error) {
        std::cerr << "loopback_server: cannot listen on " << chosen.address << " port " << chosen.port << ": "
                  << error.code().message() << "\n";
        return cannot_bind;
    } catch (const std::exception& error) {
        std::cerr << "loopback_server: " << error.what() << "\n";
        return failure;
    }
}
