#include <bandwidth/webrtc/connection_manager.hpp>
#include <utility>
#include <vector>

#include "manager/await_value.hpp"
#include "manager/manager_core.hpp"
#include "manager/message_call.hpp"

namespace bandwidth::webrtc {

namespace detail {

template <>
result<connection_manager::response_type> take_result<connection_manager::response_type>(call_handle handle) {
    auto& done = static_cast<message_call&>(*handle);
    if (auto* const reason = done.reason())
        return std::move(*reason);
    return done.take_response();
}

template asio::awaitable<connection_manager::response_type> await_value<connection_manager::response_type>(
    call_handle);

namespace {

std::shared_ptr<manager_core> make_core(const asio::any_io_executor& executor, std::string_view origin,
                                        const manager_options& options) {
    const auto server = read_server_url("origin", origin);
    if (!server.path.empty())
        refuse_option("origin: a path does not belong in it");
    return std::make_shared<manager_core>(executor, check(server, options_access::connection(options)));
}

} // namespace

} // namespace detail

/// The calls of the manager itself are a group like those of each client that shares it.
struct connection_manager::state {
    explicit state(std::shared_ptr<detail::manager_core> of) : core(std::move(of)) {
        groups.reserve(core->pools().size());
        for (std::size_t i = 0; i < core->pools().size(); ++i)
            groups.emplace_back(
                new detail::call_group(detail::request_encoder("Host: " + core->host_header() + "\r\n")));
    }
    ~state() { core->close(); }

    std::shared_ptr<detail::manager_core> core;
    std::vector<boost::intrusive_ptr<detail::call_group>> groups; // of each shard
};

connection_manager::connection_manager(executor_type executor, std::string_view origin,
                                       const manager_options& options, detail::abi_check)
    : connection_manager(detail::make_core(executor, origin, options)) {}
connection_manager::connection_manager(std::shared_ptr<detail::manager_core> core)
    : state_(std::make_unique<state>(std::move(core))) {}
connection_manager::connection_manager(connection_manager&&) noexcept = default;
connection_manager& connection_manager::operator=(connection_manager&&) noexcept = default;
connection_manager::~connection_manager() = default;

connection_manager::executor_type connection_manager::get_executor() const {
    return state_ ? state_->core->executor() : executor_type();
}

const std::shared_ptr<detail::manager_core>& connection_manager::core() const {
    if (!state_)
        detail::refuse_option("manager: it was moved from");
    return state_->core;
}

detail::call_handle connection_manager::prepare(const request_type& request, const call_options& options) {
    const auto shard = state_->core->shard_of_this_thread();
    auto* const call = new detail::message_call(state_->core->pools()[shard], state_->groups[shard]);
    detail::call_handle handle(call);
    detail::apply(options, state_->core->timeout(), *call);
    detail::refuse_if(*call, call->set_request(request, options));
    return handle;
}

detail::call_handle connection_manager::prepare_drain(std::chrono::nanoseconds limit) {
    return state_->core->prepare_drain(limit);
}

void connection_manager::reload_tls(const manager_options& options) {
    state_->core->reload_tls(detail::check_tls(detail::options_access::connection(options)));
}

void connection_manager::close() noexcept {
    if (state_)
        state_->core->close();
}

boost::asio::awaitable<std::string> connection_manager::describe() const {
    return detail::manager_core::describe(core());
}

client_stats connection_manager::stats() const { return state_ ? state_->core->stats() : client_stats(); }

} // namespace bandwidth::webrtc
