#include <bandwidth/webrtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "api/common/client_core.hpp"
#include "api/common/typed_call.hpp"
#include "api/webrtc/codec.hpp"
#include "api/webrtc/routes.hpp"
#include "manager/await_value.hpp"

namespace bandwidth::webrtc {

namespace detail {

namespace {

struct webrtc_family {
    using codec = detail::codec;
    using value = std::variant<std::monostate, session, std::unique_ptr<participant>,
                               std::unique_ptr<created_participant>, std::vector<participant>, subscriptions>;
};
using webrtc_call = typed_call<webrtc_family>;

constexpr api_call::decoder no_value = nullptr;

path_id of_path(const session_id& id) noexcept { return {"session id", id.value()}; }
path_id of_path(const participant_id& id) noexcept { return {"participant id", id.value()}; }

} // namespace

template <>
result<session> take_result<session>(call_handle handle) {
    return webrtc_call::take<session>(std::move(handle));
}
template <>
result<participant> take_result<participant>(call_handle handle) {
    return webrtc_call::take<participant>(std::move(handle));
}
template <>
result<created_participant> take_result<created_participant>(call_handle handle) {
    return webrtc_call::take<created_participant>(std::move(handle));
}
template <>
result<std::vector<participant>> take_result<std::vector<participant>>(call_handle handle) {
    return webrtc_call::take<std::vector<participant>>(std::move(handle));
}
template <>
result<subscriptions> take_result<subscriptions>(call_handle handle) {
    return webrtc_call::take<subscriptions>(std::move(handle));
}

template asio::awaitable<session> await_value<session>(call_handle);
template asio::awaitable<participant> await_value<participant>(call_handle);
template asio::awaitable<created_participant> await_value<created_participant>(call_handle);
template asio::awaitable<std::vector<participant>> await_value<std::vector<participant>>(call_handle);
template asio::awaitable<subscriptions> await_value<subscriptions>(call_handle);

} // namespace detail

using detail::call_handle;
using detail::codec;
using detail::no_value;
using detail::of_path;
using detail::route_of;
using detail::webrtc_call;
using op = detail::operation;

client::client(executor_type executor, const client_options& options, detail::abi_check)
    : core_(detail::client_core::with_connections(executor, options, webrtc_call::make)) {}
client::client(detail::abi_check, const connection_manager& manager, const account_options& options)
    : core_(detail::client_core::with_manager(manager.core(), options.base_path().value_or("/v1"),
                                              detail::account_options_access::values(options),
                                              webrtc_call::make)) {}
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
boost::asio::awaitable<std::string> client::describe() const {
    if (!core_)
        webrtc::detail::refuse_option("client: it was moved from");
    return core_->describe();
}

client_stats client::stats() const { return core_ ? core_->manager().stats() : client_stats(); }

call_handle client::prepare_create_session(const session_request& request, const call_options& options) {
    return core_->prepare<codec>(route_of(op::create_session), {}, options, webrtc_call::decode_as<session>,
                                 request);
}
call_handle client::prepare_get_session(const session_id& session, const call_options& options) {
    return core_->prepare(route_of(op::get_session), {of_path(session)}, options,
                          webrtc_call::decode_as<webrtc::session>);
}
call_handle client::prepare_delete_session(const session_id& session, const call_options& options) {
    return core_->prepare(route_of(op::delete_session), {of_path(session)}, options, no_value);
}
call_handle client::prepare_list_session_participants(const session_id& session,
                                                      const call_options& options) {
    return core_->prepare(route_of(op::list_session_participants), {of_path(session)}, options,
                          webrtc_call::decode_as<std::vector<participant>>);
}
call_handle client::prepare_create_participant(const participant_request& request,
                                               const call_options& options) {
    return core_->prepare<codec>(route_of(op::create_participant), {}, options,
                                 webrtc_call::decode_as<created_participant>, request);
}
call_handle client::prepare_get_participant(const participant_id& participant, const call_options& options) {
    return core_->prepare(route_of(op::get_participant), {of_path(participant)}, options,
                          webrtc_call::decode_as<webrtc::participant>);
}
call_handle client::prepare_delete_participant(const participant_id& participant,
                                               const call_options& options) {
    return core_->prepare(route_of(op::delete_participant), {of_path(participant)}, options, no_value);
}
call_handle client::prepare_add_participant_to_session(const session_id& session,
                                                       const participant_id& participant,
                                                       const subscriptions& subscribe,
                                                       const call_options& options) {
    return core_->prepare<codec>(route_of(op::add_participant_to_session),
                                 {of_path(session), of_path(participant)}, options, no_value, subscribe);
}
call_handle client::prepare_remove_participant_from_session(const session_id& session,
                                                            const participant_id& participant,
                                                            const call_options& options) {
    return core_->prepare(route_of(op::remove_participant_from_session),
                          {of_path(session), of_path(participant)}, options, no_value);
}
call_handle client::prepare_get_participant_subscriptions(const session_id& session,
                                                          const participant_id& participant,
                                                          const call_options& options) {
    return core_->prepare(route_of(op::get_participant_subscriptions),
                          {of_path(session), of_path(participant)}, options,
                          webrtc_call::decode_as<subscriptions>);
}
call_handle client::prepare_update_participant_subscriptions(const session_id& session,
                                                             const participant_id& participant,
                                                             const subscriptions& subscribe,
                                                             const call_options& options) {
    return core_->prepare<codec>(route_of(op::update_participant_subscriptions),
                                 {of_path(session), of_path(participant)}, options, no_value, subscribe);
}
call_handle client::prepare_drain(std::chrono::nanoseconds limit) { return core_->prepare_drain(limit); }

} // namespace bandwidth::webrtc
