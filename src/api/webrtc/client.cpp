#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "api/webrtc/client_core.hpp"
#include "manager/await_value.hpp"

namespace bandwidth::webrtc {

namespace detail {

namespace {

// Large ones have a place of their own.
template <class T>
constexpr bool is_apart = std::is_same_v<T, participant> || std::is_same_v<T, created_participant>;

template <class T>
std::optional<std::string> decode_as(std::string_view body, api_call::value_type& value) {
    if constexpr (is_apart<T>)
        return codec::decode(body, *value.emplace<std::unique_ptr<T>>(std::make_unique<T>()));
    else
        return codec::decode(body, value.emplace<T>());
}

constexpr api_call::decoder no_value = nullptr;

} // namespace

template <class T>
result<T> take_result(call_handle handle) {
    auto& done = static_cast<api_call&>(*handle);
    if (auto* const reason = done.reason())
        return std::move(*reason);
    if constexpr (is_apart<T>)
        return std::move(*std::get<std::unique_ptr<T>>(done.value()));
    else
        return std::move(std::get<T>(done.value()));
}

template result<session> take_result<session>(call_handle);
template result<participant> take_result<participant>(call_handle);
template result<created_participant> take_result<created_participant>(call_handle);
template result<std::vector<participant>> take_result<std::vector<participant>>(call_handle);
template result<subscriptions> take_result<subscriptions>(call_handle);

template asio::awaitable<session> await_value<session>(call_handle);
template asio::awaitable<participant> await_value<participant>(call_handle);
template asio::awaitable<created_participant> await_value<created_participant>(call_handle);
template asio::awaitable<std::vector<participant>> await_value<std::vector<participant>>(call_handle);
template asio::awaitable<subscriptions> await_value<subscriptions>(call_handle);

} // namespace detail

using detail::call_handle;
using op = detail::operation;

client::client(executor_type executor, const client_options& options, detail::abi_check) {
    const auto server = detail::read_server_url("base_url", options.base_url());
    const auto settings = detail::check(server, detail::options_access::connection(options));
    const auto& account = detail::account_options_access::values(options);
    detail::check_account(server.path, account);
    core_ = std::make_shared<detail::client_core>(std::make_shared<detail::manager_core>(executor, settings),
                                                  true, server.path, account);
}
client::client(detail::abi_check, const connection_manager& manager, const account_options& options) {
    const auto& account = detail::account_options_access::values(options);
    detail::check_account(options.base_path(), account);
    core_ = std::make_shared<detail::client_core>(manager.core(), false, options.base_path(), account);
}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

client::executor_type client::get_executor() const {
    return core_ ? core_->manager().executor() : executor_type();
}
void client::reload_tls(const client_options& options) {
    core_->manager().reload_tls(detail::check_tls(detail::options_access::connection(options)));
}
void client::close() noexcept {
    if (core_)
        core_->close();
}
client_stats client::stats() const { return core_ ? core_->manager().stats() : client_stats(); }

call_handle client::prepare_create_session(const session_request& request, const call_options& options) {
    return core_->prepare(op::create_session, nullptr, nullptr, options, detail::decode_as<session>, request);
}
call_handle client::prepare_get_session(const session_id& session, const call_options& options) {
    return core_->prepare(op::get_session, &session, nullptr, options, detail::decode_as<webrtc::session>);
}
call_handle client::prepare_delete_session(const session_id& session, const call_options& options) {
    return core_->prepare(op::delete_session, &session, nullptr, options, detail::no_value);
}
call_handle client::prepare_list_session_participants(const session_id& session,
                                                      const call_options& options) {
    return core_->prepare(op::list_session_participants, &session, nullptr, options,
                          detail::decode_as<std::vector<participant>>);
}
call_handle client::prepare_create_participant(const participant_request& request,
                                               const call_options& options) {
    return core_->prepare(op::create_participant, nullptr, nullptr, options,
                          detail::decode_as<created_participant>, request);
}
call_handle client::prepare_get_participant(const participant_id& participant, const call_options& options) {
    return core_->prepare(op::get_participant, nullptr, &participant, options,
                          detail::decode_as<webrtc::participant>);
}
call_handle client::prepare_delete_participant(const participant_id& participant,
                                               const call_options& options) {
    return core_->prepare(op::delete_participant, nullptr, &participant, options, detail::no_value);
}
call_handle client::prepare_add_participant_to_session(const session_id& session,
                                                       const participant_id& participant,
                                                       const subscriptions& subscribe,
                                                       const call_options& options) {
    return core_->prepare(op::add_participant_to_session, &session, &participant, options, detail::no_value,
                          subscribe);
}
call_handle client::prepare_remove_participant_from_session(const session_id& session,
                                                            const participant_id& participant,
                                                            const call_options& options) {
    return core_->prepare(op::remove_participant_from_session, &session, &participant, options,
                          detail::no_value);
}
call_handle client::prepare_get_participant_subscriptions(const session_id& session,
                                                          const participant_id& participant,
                                                          const call_options& options) {
    return core_->prepare(op::get_participant_subscriptions, &session, &participant, options,
                          detail::decode_as<subscriptions>);
}
call_handle client::prepare_update_participant_subscriptions(const session_id& session,
                                                             const participant_id& participant,
                                                             const subscriptions& subscribe,
                                                             const call_options& options) {
    return core_->prepare(op::update_participant_subscriptions, &session, &participant, options,
                          detail::no_value, subscribe);
}
call_handle client::prepare_drain(std::chrono::nanoseconds limit) { return core_->prepare_drain(limit); }

} // namespace bandwidth::webrtc
