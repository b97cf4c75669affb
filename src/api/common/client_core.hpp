#pragma once

#include <bandwidth/webrtc/call_options.hpp>
#include <bandwidth/webrtc/client_options.hpp>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/common/api_call.hpp"
#include "api/common/route.hpp"
#include "manager/manager_core.hpp"

namespace bandwidth::webrtc::detail {

/// Private values of the public options.
struct account_options_access {
    template <class Options>
    static const account_values& values(const Options& options) {
        return options.basic_account_options<Options>::values_;
    }
};

/// What a client is made of, of whatever family its operations are: the account whose calls it makes, and the manager
/// that carries them, which may be its own or one that it shares.
class client_core {
public:
    /// The core of a client that has connections of its own. `make` makes a call of its family.
    /// \throws api_error (`errc::invalid_options`) naming the option that is wrong.
    template <class Options>
    static std::shared_ptr<client_core> with_connections(const asio::any_io_executor& executor,
                                                         const Options& options, call_store::maker make) {
        return connect(executor, options.base_url(), options_access::connection(options),
                       account_options_access::values(options), make);
    }
    /// The core of a client that shares the connections of a manager.
    /// \throws api_error (`errc::invalid_options`) naming the option that is wrong.
    static std::shared_ptr<client_core> with_manager(std::shared_ptr<manager_core> manager,
                                                     std::string_view base_path,
                                                     const account_values& account, call_store::maker make);

    /// \param account was found right.
    client_core(std::shared_ptr<manager_core> manager, bool owns_manager, std::string_view base_path,
                const account_values& account, call_store::maker make);
    ~client_core() { close(); }
    client_core(const client_core&) = delete;
    client_core& operator=(const client_core&) = delete;

    manager_core& manager() const noexcept { return *manager_; }
    /// Ends the client's calls; the manager's connections too, where it is the client's own.
    void close() noexcept;
    call_handle prepare_drain(std::chrono::nanoseconds limit);
    asio::awaitable<std::string> describe() const { return manager_core::describe(manager_); }

    /// A call of `which`, complete but for its body. The ids are refused with their nouns.
    /// \param decode of the family that the client is of.
    call_handle prepare(const route& which, std::initializer_list<path_id> ids, const call_options& options,
                        api_call::decoder decode);
    /// As above, with a body, which `Codec` writes.
    template <class Codec, class Body>
    call_handle prepare(const route& which, std::initializer_list<path_id> ids, const call_options& options,
                        api_call::decoder decode, const Body& body) {
        auto handle = prepare(which, ids, options, decode);
        auto& call = static_cast<api_call&>(*handle);
        if (!call.refused())
            refuse_if(call, Codec::encode(body, call.request.rare().body));
        return handle;
    }

private:
    static std::shared_ptr<client_core> connect(const asio::any_io_executor& executor,
                                                std::string_view base_url,
                                                const connection_values& connection,
                                                const account_values& account, call_store::maker make);

    std::shared_ptr<manager_core> manager_;
    bool owns_manager_;
    std::string account_path_;
    std::string header_lines_; // of each call that has none of the same name
    bool verify_ids_;
    std::vector<boost::intrusive_ptr<call_group>>
        stores_; // each a `call_store`, for each shard of the manager
};

} // namespace bandwidth::webrtc::detail
