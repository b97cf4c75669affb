#include "api/common/client_core.hpp"

#include <algorithm>

#include "api/common/credential_access.hpp"
#include "api/common/validate.hpp"
#include "core/http_grammar.hpp"
#include "manager/header_lines.hpp"

namespace bandwidth::webrtc::detail {

namespace {

// What every request says. Without the last field any content coding would be acceptable (RFC 9110, section
// 12.5.3).
std::string constant_lines(const std::string& host, const std::string& user_agent) {
    return "Host: " + host + "\r\nUser-Agent: " + user_agent +
           "\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n";
}

void check_account(std::string_view base_path, const account_values& account) {
    const bool is_path = std::all_of(base_path.begin(), base_path.end(),
                                     [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; });
    if (!is_path || (!base_path.empty() && (base_path.front() != '/' || base_path.back() == '/')))
        refuse_option("base_path: not a path that begins with a slash and ends without one, nor empty");
    if (const auto problem = validate_id("account", account.account))
        refuse_option(*problem);
    if (!account.credentials)
        refuse_option("credentials: none were given");
    if (account.user_agent.empty() || !valid_field_value(account.user_agent))
        refuse_option("user_agent: empty, or it has control characters");
    if (!account.refused_header.empty())
        refuse_option(account.refused_header);
}

// Credentials that are fetched have no value before the first call.
boost::intrusive_ptr<call_group> store_of(const account_values& account, std::string lines,
                                          call_store::maker make) {
    auto tokens = credential_access::tokens(*account.credentials);
    boost::intrusive_ptr<call_group> store(
        new call_store(request_encoder(std::move(lines), tokens ? nullptr : account.credentials), make));
    store->tokens = std::move(tokens);
    return store;
}

} // namespace

std::shared_ptr<client_core> client_core::connect(const asio::any_io_executor& executor,
                                                  std::string_view base_url,
                                                  const connection_values& connection,
                                                  const account_values& account, call_store::maker make) {
    const auto server = read_server_url("base_url", base_url);
    const auto settings = check(server, connection);
    check_account(server.path, account);
    return std::make_shared<client_core>(std::make_shared<manager_core>(executor, settings), true,
                                         server.path, account, make);
}

std::shared_ptr<client_core> client_core::with_manager(std::shared_ptr<manager_core> manager,
                                                       std::string_view base_path,
                                                       const account_values& account,
                                                       call_store::maker make) {
    check_account(base_path, account);
    return std::make_shared<client_core>(std::move(manager), false, base_path, account, make);
}

client_core::client_core(std::shared_ptr<manager_core> manager, bool owns_manager, std::string_view base_path,
                         const account_values& account, call_store::maker make)
    : manager_(std::move(manager))
    , owns_manager_(owns_manager)
    , account_path_(account_path(base_path, account.account))
    , header_lines_(account.header_lines)
    , verify_ids_(account.verify_ids) {
    stores_.reserve(manager_->pools().size());
    for (std::size_t i = 0; i < manager_->pools().size(); ++i)
        stores_.push_back(
            store_of(account, constant_lines(manager_->host_header(), account.user_agent), make));
}

void client_core::close() noexcept {
    if (owns_manager_) {
        manager_->close();
        return;
    }
    for (std::size_t i = 0; i < stores_.size(); ++i)
        manager_->pools()[i]->close(stores_[i]);
}

call_handle client_core::prepare_drain(std::chrono::nanoseconds limit) {
    return owns_manager_ ? manager_->prepare_drain(limit) : manager_->prepare_drain(limit, stores_);
}

call_handle client_core::prepare(const route& which, std::initializer_list<path_id> ids,
                                 const call_options& options, api_call::decoder decode) {
    const auto shard = manager_->shard_of_this_thread();
    auto& call = static_cast<call_store&>(*stores_[shard]).take(manager_->pools()[shard]);
    call_handle handle(&call);
    for (const auto& id : ids)
        refuse_if(call, validate_id(id.noun, id.value));
    apply(options, manager_->timeout(), call);
    if (const auto& refused = call_options_access::refused_operations(options); !refused.empty())
        refuse_if(call, refused);
    call.ignore_not_found = which.is_delete() && options.ignore_not_found();
    call.decode = decode;
    auto& request = call.request;
    request.method = which.method;
    request.operation = &which.of;
    if (call.refused())
        return handle;
    request.kind =
        which.kind == request_class::unsafe && options.idempotent() ? request_class::idempotent : which.kind;
    request.has_content = which.has_body();
    request.content_type = which.content_type;
    const auto id_size = append_target(request.target, account_path_, which.path(), ids);
    if (verify_ids_ && which.reads_one())
        call.asked_size = static_cast<std::uint16_t>(id_size); // 3 times 256 bytes at most
    const auto& own_lines = call_options_access::header_lines(options);
    if (!header_lines_.empty() || !own_lines.empty())
        merge_headers(header_lines_, own_lines, request.rare().header_lines);
    return handle;
}

} // namespace bandwidth::webrtc::detail
