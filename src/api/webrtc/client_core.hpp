#pragma once

#include <bandwidth/webrtc/call_options.hpp>
#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/ids.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/webrtc/api_call.hpp"
#include "api/webrtc/codec.hpp"
#include "api/webrtc/routes.hpp"
#include "manager/manager_core.hpp"

namespace bandwidth::webrtc::detail {

/// Private values of the public options.
struct account_options_access {
    template <class Options>
    static const account_values& values(const Options& options) {
        return options.basic_account_options<Options>::values_;
    }
};

/// \throws api_error (`errc::invalid_options`) naming the option that is wrong.
void check_account(std::string_view base_path, const account_values& account);

/// What a client is made of: the account whose calls it makes, and the manager that carries them, which may be its
/// own or one that it shares.
class client_core {
public:
    /// \param account which `check_account` has found right.
    client_core(std::shared_ptr<manager_core> manager, bool owns_manager, std::string_view base_path,
                const account_values& account);
    ~client_core() { close(); }
    client_core(const client_core&) = delete;
    client_core& operator=(const client_core&) = delete;

    manager_core& manager() const noexcept { return *manager_; }
    /// Ends the client's calls; the manager's connections too, where it is the client's own.
    void close() noexcept;
    call_handle prepare_drain(std::chrono::nanoseconds limit);

    /// A call of `which`, complete but for its body.
    call_handle prepare(operation which, const session_id* session, const participant_id* participant,
                        const call_options& options, api_call::decoder decode);
    /// As above, with a body.
    template <class Body>
    call_handle prepare(operation which, const session_id* session, const participant_id* participant,
                        const call_options& options, api_call::decoder decode, const Body& body) {
        auto handle = prepare(which, session, participant, options, decode);
        auto& call = static_cast<api_call&>(*handle);
        if (!call.refused())
            refuse_if(call, codec::encode(body, call.request.rare().body));
        return handle;
    }

private:
    std::shared_ptr<manager_core> manager_;
    bool owns_manager_;
    std::string account_path_;
    std::string header_lines_; // of each call that has none of the same name
    bool verify_ids_;
    std::vector<boost::intrusive_ptr<call_group>>
        stores_; // each a `call_store`, for each shard of the manager
};

} // namespace bandwidth::webrtc::detail
