#include <bandwidth/webrtc/testing/scripted_server.hpp>

#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "loopback/listener.hpp"
#include "loopback/runner.hpp"
#include "loopback/script_log.hpp"
#include "loopback/scripted_connection.hpp"
#include "loopback/tls_context.hpp"

namespace bandwidth::webrtc::testing {

namespace {

/// What outlives the server when its connections do. Scripts may be added from any thread, everything else
/// belongs to the server's strand.
struct scripted_state {
    detail::openssl_ptr<SSL_CTX> tls; // none: plain TCP
    std::shared_ptr<detail::script_log> log = std::make_shared<detail::script_log>();
    std::vector<std::weak_ptr<detail::scripted_connection>>
        connections; // each keeps itself alive while it plays
    std::mutex mutex;
    std::deque<script> scripts;
    std::optional<script> otherwise;

    std::optional<script> next_script() {
        const std::lock_guard lock(mutex);
        if (scripts.empty())
            return otherwise;
        auto next = std::move(scripts.front());
        scripts.pop_front();
        return next;
    }

    void serve(boost::asio::ip::tcp::socket socket) {
        auto next = next_script();
        if (!next) { // the socket closes when it goes out of scope
            log->ended(log->connection_opened());
            return;
        }
        auto opened = std::make_shared<detail::scripted_connection>(log, std::move(socket), tls.get(),
                                                                    std::move(*next));
        std::erase_if(connections, [](const auto& connection) { return connection.expired(); });
        connections.push_back(opened);
        opened->start();
    }
};

} // namespace

class scripted_server::impl {
public:
    impl(std::unique_ptr<detail::runner> runner, scripted_options options)
        : options_(std::move(options))
        , runner_(std::move(runner))
        , state_(std::make_shared<scripted_state>()) {
        if (!options_.plain_tcp()) {
            certificate_ = options_.server_certificate() ? *options_.server_certificate()
                                                         : detail::make_localhost_certificate();
            state_->tls = detail::make_server_context({certificate_, options_.max_tls_version(),
                                                       options_.client_authority(), options_.alpn(),
                                                       options_.required_server_name()});
        }
        const auto serve = [state = state_](boost::asio::ip::tcp::socket socket) {
            state->serve(std::move(socket));
        };
        listener_ = std::make_shared<detail::listener>(runner_->executor(), options_.address(),
                                                       options_.port(), serve);
        runner_->run([listener = listener_] { listener->start(); });
    }

    ~impl() { stop(); }

    void stop() {
        runner_->stop([state = state_, listener = listener_] {
            listener->close();
            for (const auto& playing : state->connections)
                if (const auto connection = playing.lock())
                    connection->close();
        });
    }

    void release(std::size_t number) {
        state_->log->release(number);
        runner_->run([state = state_, number] {
            for (const auto& playing : state->connections) {
                const auto connection = playing.lock();
                if (connection && connection->number() == number)
                    connection->wake_up();
            }
        });
    }

    const scripted_options& options() const noexcept { return options_; }
    const certificate& shown() const noexcept { return certificate_; }
    std::uint16_t port() const noexcept { return listener_->port(); }
    scripted_state& state() const noexcept { return *state_; }
    const detail::script_log& log() const noexcept { return *state_->log; }

private:
    scripted_options options_;
    certificate certificate_;
    std::unique_ptr<detail::runner> runner_; // outlives what pending operations hold
    std::shared_ptr<scripted_state> state_;
    std::shared_ptr<detail::listener> listener_;
};

scripted_server::scripted_server(scripted_options options)
    : impl_(std::make_unique<impl>(std::make_unique<detail::runner>(), std::move(options))) {}

scripted_server::scripted_server(const boost::asio::any_io_executor& executor, scripted_options options,
                                 webrtc::detail::abi_check)
    : impl_(std::make_unique<impl>(std::make_unique<detail::runner>(executor), std::move(options))) {}

scripted_server::~scripted_server() = default;

void scripted_server::add(script steps) {
    auto& state = impl_->state();
    const std::lock_guard lock(state.mutex);
    state.scripts.push_back(std::move(steps));
}

void scripted_server::otherwise(script steps) {
    auto& state = impl_->state();
    const std::lock_guard lock(state.mutex);
    state.otherwise = std::move(steps);
}

void scripted_server::release(std::size_t connection) { impl_->release(connection); }

void scripted_server::stop() { impl_->stop(); }

std::uint16_t scripted_server::port() const noexcept { return impl_->port(); }

std::string scripted_server::base_url() const {
    return (impl_->options().plain_tcp() ? "http://localhost:" : "https://localhost:") +
           std::to_string(port()) + "/v1";
}

const std::string& scripted_server::ca_pem() const noexcept { return impl_->shown().issuer_pem(); }

std::size_t scripted_server::connections() const { return impl_->log().connections(); }

std::string scripted_server::received(std::size_t connection) const {
    return impl_->log().received(connection);
}

handshake_record scripted_server::handshake(std::size_t connection) const {
    return impl_->log().handshake(connection);
}

script_state scripted_server::state(std::size_t connection) const { return impl_->log().state(connection); }

std::string scripted_server::error(std::size_t connection) const { return impl_->log().error(connection); }

bool scripted_server::wait_until_ended(std::size_t connection, std::chrono::nanoseconds timeout) const {
    return impl_->log().wait_until_ended(connection, timeout);
}

bool scripted_server::wait_until_held(std::size_t connection, std::chrono::nanoseconds timeout) const {
    return impl_->log().wait_until_held(connection, timeout);
}

bool scripted_server::wait_until_received(std::size_t connection, const std::string& text,
                                          std::chrono::nanoseconds timeout) const {
    return impl_->log().wait_until_received(connection, text, timeout);
}

} // namespace bandwidth::webrtc::testing
