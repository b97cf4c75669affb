#pragma once

#include <bandwidth/webrtc/credentials.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc {

namespace detail {

struct account_options_access;

/// The values of `basic_account_options`.
struct account_values {
    account_values();

    std::string account;
    std::shared_ptr<const credential_source> credentials;
    std::string user_agent;
    std::string header_lines;   ///< each ended by CRLF
    std::string refused_header; ///< why one was refused, naming it
    bool verify_ids = true;

    void add_header(std::string_view name, std::string_view value);
};

} // namespace detail

/// Whose calls a client makes, and what they say: what `account_options` and `client_options` have in common.
/// `Options` is the one of them that derives from this; each setter returns it, so that calls can be chained.
/// Setters do not check; the client's constructor does, and throws `api_error` (`errc::invalid_options`)
/// naming the option that is wrong.
template <class Options>
class basic_account_options {
public:
    /// Bandwidth account id, such as "9900000". Has to be set.
    Options& account(std::string_view value) {
        values_.account = value;
        return self();
    }
    /// User name and password of an API user: HTTP Basic.
    /// \throws api_error as `basic_credentials`.
    Options& credentials(std::string_view username, std::string_view password) {
        return credentials(basic_credentials(username, password));
    }
    /// Any other kind of credentials, such as `client_credentials`; several clients may share one object.
    /// Null, the default, is refused.
    Options& credentials(std::shared_ptr<const credential_source> source) {
        values_.credentials = std::move(source);
        return self();
    }
    /// Value of the User-Agent header; default "bandwidth-webrtc-cpp/<version>".
    Options& user_agent(std::string_view value) {
        values_.user_agent = value;
        return self();
    }
    /// One more header field on every request of the client. Where a call has a field of the same name
    /// (`call_options::header`), that one is sent instead. Refused are what `call_options::header` refuses,
    /// and Idempotency-Key, which belongs to one call.
    Options& header(std::string_view name, std::string_view value) {
        values_.add_header(name, value);
        return self();
    }
    /// Whether the response to `get_session`, `get_participant` and `get_endpoint` has to name the id that
    /// was asked for, as the service's does; default true. Without that, a response that a broken server
    /// gives to the wrong request is not noticed. For mocks that always answer with the same example.
    Options& verify_ids(bool value) {
        values_.verify_ids = value;
        return self();
    }

    /// \name What was set
    /// @{

    /// What was set, or the default.
    [[nodiscard]] const std::string& account() const noexcept { return values_.account; }
    [[nodiscard]] const std::shared_ptr<const credential_source>& credentials() const noexcept {
        return values_.credentials;
    }
    [[nodiscard]] const std::string& user_agent() const noexcept { return values_.user_agent; }
    [[nodiscard]] bool verify_ids() const noexcept { return values_.verify_ids; }
    /// @}

protected:
    basic_account_options() = default;
    ~basic_account_options() = default;
    basic_account_options(const basic_account_options&) = default;
    basic_account_options(basic_account_options&&) noexcept = default;
    basic_account_options& operator=(const basic_account_options&) = default;
    basic_account_options& operator=(basic_account_options&&) noexcept = default;

private:
    friend struct detail::account_options_access;

    Options& self() noexcept { return static_cast<Options&>(*this); }

    detail::account_values values_;
};

/// What a client needs that shares the connections of a `connection_manager`; see `basic_account_options` for
/// each option.
///
/// Thread safety: distinct objects safe.
class account_options : public basic_account_options<account_options> {
public:
    /// Nothing is set: the defaults hold.
    account_options() = default;

    /// What stands before "/accounts/..." in the target of a request: empty, or a path that begins with a
    /// slash. Not set, it is as the service of the client has it: "/v1", and "/v2" for `brtc::client`.
    account_options& base_path(std::string_view value) {
        base_path_.emplace(value);
        return *this;
    }
    /// What was set, if it was.
    [[nodiscard]] const std::optional<std::string>& base_path() const noexcept { return base_path_; }

private:
    std::optional<std::string> base_path_;
};

} // namespace bandwidth::webrtc
