// An HTTP service that embeds one client, and is run as services are: rooms.hpp has its own calls, router.hpp what a
// platform asks of it (health, readiness, metrics). Its log is JSON, on standard output.
//
//   session_service [--port N] [--timeout MS] [--notice MS] [--grace MS] [--log-level LEVEL]
//                   [--credentials FILE] [--ca-file FILE] [--client-certificate FILE --client-key FILE]
//   curl --json '{"name": "standup", "participants": ["alice", "bob"]}' http://127.0.0.1:8080/rooms
//
// SIGTERM and SIGINT stop it gracefully: for `--notice` /readyz says that it is going, and requests are still served;
// then it listens no more, requests in progress have `--grace` to finish, and the client is drained. The exit status is
// 0 when none was cut off. A second signal ends it at once. SIGHUP reads the files of credentials and certificates
// again; where one of them cannot be used, what was read before stays in use.
#include <bandwidth/webrtc.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "service.hpp"
#include "session_service/file_credentials.hpp"
#include "session_service/http_server.hpp"
#include "session_service/json_log.hpp"
#include "session_service/readiness.hpp"
#include "session_service/rooms.hpp"
#include "session_service/router.hpp"
#include "session_service/settings.hpp"

namespace {

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;
using namespace std::chrono_literals;
using webrtc::error_code;
using webrtc::log_level;

/// The service, from its start to its end.
class program {
public:
    explicit program(const example::settings& chosen)
        : settings_(chosen)
        , log_(chosen.log_level)
        , options_(options_of_all())
        , client_(context_, options_)
        , rooms_(client_, log_)
        , router_(client_, measured_, ready_, rooms_, log_)
        , server_(
              context_, chosen.port,
              [this](const example::http_request& request) { return router_.respond(request); }, log_) {}

    /// \return the exit status
    int run() {
        asio::co_spawn(context_, serve(), rethrow);
        asio::co_spawn(context_, stop_at_signal(), rethrow);
        asio::co_spawn(context_, reload_at_signal(), rethrow);
        log_.write(log_level::info, "listening on http://127.0.0.1:" + std::to_string(server_.port()) +
                                        " for " + options_.base_url());
        context_.run();
        return cut_off_ ? 1 : 0;
    }

private:
    static void rethrow(std::exception_ptr error) {
        if (error)
            std::rethrow_exception(error);
    }

    webrtc::client_options options_of_all() {
        webrtc::client_options options;
        if (settings_.credentials_file.empty()) {
            options = service_.emplace().options();
        } else {
            const char* account = std::getenv("BW_ACCOUNT_ID");
            const char* url = std::getenv("BANDWIDTH_WEBRTC_CALL_CONTROL_URL");
            credentials_ = std::make_shared<example::file_credentials>(settings_.credentials_file);
            options.account(account ? account : "").credentials(credentials_);
            if (url)
                options.base_url(url);
        }
        options.timeout(settings_.timeout);
        options.min_connections(1); // so that /readyz knows whether the service can be reached
        options.add_observer(std::make_shared<example::client_log>(log_));
        options.add_observer(std::make_shared<example::readiness_observer>(ready_));
        options.add_observer(measured_);
        read_certificates(options);
        return options;
    }

    void read_certificates(webrtc::client_options& options) const {
        if (!settings_.ca_file.empty())
            options.ca_pem(example::read_file(settings_.ca_file));
        if (!settings_.certificate_file.empty())
            options.client_certificate(example::read_file(settings_.certificate_file),
                                       example::read_file(settings_.key_file));
    }

    void reload() {
        try {
            if (credentials_)
                credentials_->reload();
            read_certificates(options_);
            client_.reload_tls(options_);
            log_.write(log_level::info, "credentials and certificates were read again");
        } catch (const std::exception& error) {
            log_.write(log_level::error, "not read again: " + example::printable(error.what()));
        }
    }

    asio::awaitable<void> serve() {
        co_await server_.serve();
        hangup_.cancel();
        grace_.cancel();
        const auto drained = co_await client_.try_drain(5s);
        if (!drained)
            log_.write(log_level::warning, "the client was not drained");
        log_.write(log_level::info,
                   "stopped: " + std::to_string(client_.stats().calls_started) + " calls were made");
    }

    asio::awaitable<void> stop_at_signal() {
        asio::signal_set signals(context_, SIGINT, SIGTERM);
        co_await signals.async_wait(asio::use_awaitable);
        signals.clear(); // the next one has its usual effect
        ready_.drain();
        server_.announce_stop();
        log_.write(log_level::info, "stopping");
        error_code cancelled;
        grace_.expires_after(settings_.notice);
        co_await grace_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        log_.write(log_level::info, "no longer listening");
        server_.stop();
        grace_.expires_after(settings_.grace);
        co_await grace_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        if (cancelled)
            co_return; // all have finished
        cut_off_ = true;
        log_.write(log_level::error, "requests are cut off");
        client_.close(); // their calls fail, and they are told so
        grace_.expires_after(1s);
        co_await grace_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        server_.abort();
    }

    asio::awaitable<void> reload_at_signal() {
        for (;;) {
            error_code cancelled;
            co_await hangup_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
            if (cancelled)
                co_return;
            reload();
        }
    }

    const example::settings& settings_;
    example::json_log log_;
    std::optional<example::service> service_;
    std::shared_ptr<example::file_credentials> credentials_;
    std::shared_ptr<webrtc::metrics> measured_ = std::make_shared<webrtc::metrics>();
    example::readiness ready_;
    asio::io_context context_{1};
    webrtc::client_options options_;
    webrtc::client client_;
    example::rooms rooms_;
    example::router router_;
    example::http_server server_;
    asio::signal_set hangup_{context_, SIGHUP};
    asio::steady_timer grace_{context_};
    bool cut_off_ = false;
};

} // namespace

int main(int argc, char** argv) {
    const auto chosen = example::parse_settings(argc, argv);
    if (!chosen) {
        std::cerr << example::usage();
        return 2;
    }
    try {
        return program(*chosen).run();
    } catch (const webrtc::api_error& error) {
        std::cerr << "session_service: " << error.failure() << '\n';
    } catch (const std::exception& error) {
        std::cerr << "session_service: " << error.what() << '\n';
    }
    return 1;
}
