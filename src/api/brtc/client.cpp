#include <algorithm>
#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <memory>
#include <utility>
#include <variant>

#include "api/brtc/calls.hpp"
#include "api/brtc/endpoint_codec.hpp"
#include "api/common/error_body.hpp"
#include "api/common/typed_call.hpp"
#include "manager/await_value.hpp"

namespace bandwidth::webrtc {

namespace detail {

namespace {

bool has_too_many_endpoints(const std::vector<service_error>& errors) noexcept {
    return std::any_of(
        errors.begin(), errors.end(),
        [](const service_error& one) { return one.type() == too_many_endpoints; });
}

struct brtc_family {
    using codec = endpoint_codec;
    using value = std::variant<std::monostate, std::unique_ptr<brtc::endpoint>,
                               std::unique_ptr<brtc::created_endpoint>, std::unique_ptr<brtc::endpoint_page>>;

    /// This is asked in the pool's cycle, so only a body that may say so is read here. The texts of the failure are
    /// read where the caller is, and with its secrets hidden: see `api_call::reason`.
    static bool limits_rate(const response& received) {
        return received.status != 429 || received.body.find(too_many_endpoints) == std::string_view::npos ||
               !has_too_many_endpoints(parse_error_body(received.body, received.content_type).errors);
    }
};
using brtc_call = typed_call<brtc_family>;

constexpr route create_endpoint = {
    {"create_endpoint", "/accounts/{accountId}/endpoints"}, "POST", request_class::unsafe};
constexpr route list_endpoints = {
    {"list_endpoints", "/accounts/{accountId}/endpoints"}, "GET", request_class::safe};
constexpr route get_endpoint = {
    {"get_endpoint", "/accounts/{accountId}/endpoints/{endpointId}"}, "GET", request_class::safe};
constexpr route delete_endpoint = {
    {"delete_endpoint", "/accounts/{accountId}/endpoints/{endpointId}"}, "DELETE", request_class::idempotent};
// The document is executed each time (the description: "will be executed against the endpoint when it is
// updated"), so this is no PUT of RFC 9110, section 9.3.4, that may be sent again.
constexpr route update_endpoint_bxml = {
    {"update_endpoint_bxml", "/accounts/{accountId}/endpoints/{endpointId}/bxml"},
    "PUT",
    request_class::unsafe,
    "application/xml"};

path_id of_path(const endpoint_id& id) noexcept { return {"endpoint id", id.value()}; }

} // namespace

call_handle prepare_list_endpoints(client_core& by, const brtc::endpoint_filter& filter,
                                   const call_options& options) {
    auto handle = by.prepare(list_endpoints, {}, options, brtc_call::decode_as<brtc::endpoint_page>);
    auto& prepared = static_cast<api_call&>(*handle);
    if (!prepared.refused())
        refuse_if(prepared, endpoint_codec::append_query(filter, prepared.request.target));
    return handle;
}

template <>
result<brtc::endpoint> take_result<brtc::endpoint>(call_handle handle) {
    return brtc_call::take<brtc::endpoint>(std::move(handle));
}
template <>
result<brtc::created_endpoint> take_result<brtc::created_endpoint>(call_handle handle) {
    return brtc_call::take<brtc::created_endpoint>(std::move(handle));
}
template <>
result<brtc::endpoint_page> take_result<brtc::endpoint_page>(call_handle handle) {
    return brtc_call::take<brtc::endpoint_page>(std::move(handle));
}

template asio::awaitable<brtc::endpoint> await_value<brtc::endpoint>(call_handle);
template asio::awaitable<brtc::created_endpoint> await_value<brtc::created_endpoint>(call_handle);
template asio::awaitable<brtc::endpoint_page> await_value<brtc::endpoint_page>(call_handle);

} // namespace detail

namespace brtc {

using detail::brtc_call;
using detail::call_handle;
using detail::client_core;
using detail::endpoint_codec;

bool is_too_many_endpoints(const failure& reason) noexcept {
    return reason.http_status() == 429 && detail::has_too_many_endpoints(reason.service_errors());
}

client::client(executor_type executor, const client_options& options, detail::abi_check)
    : core_(client_core::with_connections(executor, options, brtc_call::make)) {}
client::client(detail::abi_check, const connection_manager& manager, const account_options& options)
    : core_(client_core::with_manager(manager.core(), options.base_path().value_or("/v2"),
                                      detail::account_options_access::values(options), brtc_call::make)) {}
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

call_handle client::prepare_create_endpoint(const endpoint_request& request, const call_options& options) {
    return core_->prepare<endpoint_codec>(detail::create_endpoint, {}, options,
                                          brtc_call::decode_as<created_endpoint>, request);
}
call_handle client::prepare_get_endpoint(const endpoint_id& id, const call_options& options) {
    return core_->prepare(detail::get_endpoint, {detail::of_path(id)}, options,
                          brtc_call::decode_as<endpoint>);
}
call_handle client::prepare_delete_endpoint(const endpoint_id& id, const call_options& options) {
    return core_->prepare(detail::delete_endpoint, {detail::of_path(id)}, options, nullptr);
}
call_handle client::prepare_list_endpoints(const endpoint_filter& filter, const call_options& options) {
    return detail::prepare_list_endpoints(*core_, filter, options);
}
call_handle client::prepare_update_endpoint_bxml(const endpoint_id& id, std::string_view bxml,
                                                 const call_options& options) {
    return core_->prepare<endpoint_codec>(detail::update_endpoint_bxml, {detail::of_path(id)}, options,
                                          nullptr, bxml);
}
call_handle client::prepare_drain(std::chrono::nanoseconds limit) { return core_->prepare_drain(limit); }

} // namespace brtc

} // namespace bandwidth::webrtc
