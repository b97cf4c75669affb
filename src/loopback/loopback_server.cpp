#include <bandwidth/webrtc/testing/loopback_server.hpp>

#include <utility>
#include <vector>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "loopback/http_connection.hpp"
#include "loopback/listener.hpp"
#include "loopback/runner.hpp"
#include "loopback/server_state.hpp"
#include "loopback/tls_context.hpp"

namespace bandwidth::webrtc::testing {

class loopback_server::impl {
public:
    impl(std::unique_ptr<detail::runner> runner, loopback_options options)
        : options_(std::move(options))
        , certificate_(options_.server_certificate() ? *options_.server_certificate()
                                                     : detail::make_localhost_certificate())
        , runner_(std::move(runner))
        , state_(std::make_shared<detail::server_state>(
              options_, runner_->executor(),
              detail::make_server_context({certificate_, options_.max_tls_version()}))) {
        const auto serve = [state = state_](boost::asio::ip::tcp::socket socket) {
            std::make_shared<detail::http_connection>(state, std::move(socket))->start();
        };
        listener_ = std::make_shared<detail::listener>(runner_->executor(), options_.address(),
                                                       options_.port(), serve);
        state_->api.brtc().set_origin(origin());
        runner_->run([listener = listener_] { listener->start(); });
    }

    ~impl() { stop(); }

    void stop() {
        runner_->stop([state = state_, listener = listener_] {
            listener->close();
            state->events->close();
            for (auto* const connection : open_connections(*state))
                connection->close();
        });
    }

    void end_idle_connections(void (detail::http_connection::*end)()) {
        runner_->run([state = state_, end] {
            for (auto* const connection : open_connections(*state))
                if (connection->idle())
                    (connection->*end)();
        });
    }

    void advance(std::chrono::nanoseconds duration) {
        state_->api.advance(duration);
        runner_->run([state = state_] { state->api.end_what_is_over(); });
    }

    void set_connected(std::string participant, bool connected) {
        runner_->run([state = state_, id = std::move(participant), connected] {
            state->api.set_connected(id, connected);
        });
    }

    const loopback_options& options() const noexcept { return options_; }
    const std::string& ca_pem() const noexcept { return certificate_.issuer_pem(); }
    std::uint16_t port() const noexcept { return listener_->port(); }
    std::string origin() const { return "https://localhost:" + std::to_string(port()); }
    detail::server_state& state() const noexcept { return *state_; }

private:
    /// A copy, because a connection that closes takes itself out of the set.
    static std::vector<detail::http_connection*> open_connections(const detail::server_state& state) {
        return std::vector<detail::http_connection*>(state.connections.begin(), state.connections.end());
    }

    loopback_options options_;
    certificate certificate_;
    std::unique_ptr<detail::runner> runner_; // outlives what pending operations hold
    std::shared_ptr<detail::server_state> state_;
    std::shared_ptr<detail::listener> listener_;
};

loopback_server::loopback_server(loopback_options options)
    : impl_(std::make_unique<impl>(std::make_unique<detail::runner>(), std::move(options))) {}

loopback_server::loopback_server(const boost::asio::any_io_executor& executor, loopback_options options,
                                 webrtc::detail::abi_check)
    : impl_(std::make_unique<impl>(std::make_unique<detail::runner>(executor), std::move(options))) {}

loopback_server::~loopback_server() = default;

void loopback_server::stop() { impl_->stop(); }

std::uint16_t loopback_server::port() const noexcept { return impl_->port(); }

std::string loopback_server::base_url() const { return impl_->origin() + "/v1"; }

webrtc::client_options loopback_server::client_options() const {
    return webrtc::client_options{}
        .base_url(base_url())
        .account(account())
        .credentials(username(), password())
        .ca_pem(ca_pem());
}

std::string loopback_server::brtc_url() const { return impl_->origin() + "/v2"; }

std::string loopback_server::token_url() const { return impl_->origin() + "/api/v1/oauth2/token"; }

const std::string& loopback_server::client_id() const noexcept { return impl_->options().client_id(); }

std::string loopback_server::client_secret() const { return impl_->state().api.tokens().secret(); }

void loopback_server::set_client_secrets(std::string secret, std::string second_secret) {
    impl_->state().api.tokens().set_secrets(detail::as_secrets(std::move(secret), std::move(second_secret)));
}

void loopback_server::revoke_tokens() { impl_->state().api.tokens().revoke_all(); }

const std::string& loopback_server::ca_pem() const noexcept { return impl_->ca_pem(); }

const std::string& loopback_server::account() const noexcept { return impl_->options().account(); }

const std::string& loopback_server::username() const noexcept { return impl_->options().username(); }

const std::string& loopback_server::password() const noexcept { return impl_->options().password(); }

void loopback_server::inject(const fault& added) { impl_->state().faults.add(added); }

void loopback_server::clear_faults() { impl_->state().faults.clear(); }

std::size_t loopback_server::faults_left() const { return impl_->state().faults.left(); }

void loopback_server::close_idle_connections() {
    impl_->end_idle_connections(&detail::http_connection::close_gracefully);
}

void loopback_server::reset_idle_connections() {
    impl_->end_idle_connections(&detail::http_connection::reset);
}

void loopback_server::advance(std::chrono::nanoseconds duration) { impl_->advance(duration); }

void loopback_server::set_connected(const webrtc::participant_id& participant, bool connected) {
    impl_->set_connected(participant.value(), connected);
}

webrtc::device_id loopback_server::connect_device(const webrtc::endpoint_id& endpoint, std::string name) {
    return webrtc::device_id(impl_->state().api.brtc().connect_device(endpoint.value(), std::move(name)));
}

void loopback_server::disconnect_device(const webrtc::endpoint_id& endpoint,
                                        const webrtc::device_id& device) {
    impl_->state().api.brtc().disconnect_device(endpoint.value(), device.value());
}

std::optional<std::string> loopback_server::endpoint_bxml(const webrtc::endpoint_id& endpoint) const {
    return impl_->state().api.brtc().bxml(endpoint.value());
}

loopback_stats loopback_server::stats() const { return impl_->state().snapshot(); }

std::vector<received_request> loopback_server::received() const { return impl_->state().seen.received(); }

std::size_t loopback_server::session_count() const noexcept { return impl_->state().api.session_count(); }

std::size_t loopback_server::participant_count() const noexcept {
    return impl_->state().api.participant_count();
}

std::size_t loopback_server::endpoint_count() const { return impl_->state().api.brtc().endpoint_count(); }

} // namespace bandwidth::webrtc::testing
