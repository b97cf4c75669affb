#pragma once

#include <bandwidth/webrtc/detail/secret_text.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace bandwidth::webrtc {

namespace detail {
struct proxy_access;

/// The user name or the password for a proxy.
class proxy_secret final : public secret_text<proxy_secret> {
public:
    using secret_text::secret_text;
};
} // namespace detail

/// How a proxy is spoken to.
enum class proxy_scheme : std::uint8_t {
    none,    ///< there is no proxy
    http,    ///< HTTP CONNECT (RFC 9110, section 9.3.6) over TCP
    https,   ///< HTTP CONNECT over TLS
    socks5h, ///< SOCKS 5 (RFC 1928), names resolved by the proxy
};

/// Whether options from the environment have the proxies that it names.
enum class environment_proxies : std::uint8_t {
    ignored, ///< no proxy, whatever the environment says
    used,    ///< those of `proxy_options::from_environment`
};

/// A proxy through which the server is connected to, for `manager_options::proxy` and
/// `client_options::proxy`.
///
/// The proxy carries bytes and sees nothing but the server's host and port: TLS to the server goes through it
/// from end to end, and the server has to show its certificate as without it. No header, path, credentials or
/// token of a call goes to the proxy. It has credentials of its own, which no text of this library repeats
/// and which go to nobody else. Those for `http` and `socks5h` cross the network unencrypted, as they do with
/// every client.
///
/// Setters do not check; the constructor of the manager or the client does, and throws `api_error`
/// (`errc::invalid_options`).
///
/// Thread safety: distinct objects safe.
class proxy_options {
public:
    /// No proxy: connections are made directly.
    proxy_options() = default;
    /// A proxy by its URL: `http://user:password@proxy.example:3128`. The scheme is http, https or socks5h;
    /// without one it is http. User name and password are percent-decoded (RFC 3986, section 2.1) and may be
    /// left out. Without a port it is 443 for https and 1080 for the others, as for curl. There is no
    /// `socks5`, which for curl means that names are resolved on this side.
    /// \throws api_error (`errc::invalid_options`) telling what is wrong, and never the text, which may hold
    ///         a password.
    explicit proxy_options(std::string_view url);

    /// The proxy that the environment names for a base URL or a token URL, or none, by curl's rules:
    /// - `https_proxy`, else `HTTPS_PROXY`, else `all_proxy`, else `ALL_PROXY` is the proxy's URL. An empty
    ///   variable is as one that is not set.
    /// - `no_proxy`, else `NO_PROXY`, lists hosts that are connected to directly, with commas or blanks
    ///   between them. A name stands for itself and for all names below it, with a dot in front of it or
    ///   without; an address for itself, and with a prefix length (10.0.0.0/8, fd00::/8) for all addresses of
    ///   that network; a `*` alone for all hosts. Beyond curl's rules an entry may end with a port, and holds
    ///   for that port alone then; an IPv6 address is in brackets there.
    /// - For an http URL there is none: that is for mocks on this machine. So `http_proxy` is not read.
    ///
    /// The library never reads these variables by itself; `client_options::from_environment` does where it is
    /// told so. This function must not run while another thread changes the environment.
    /// \throws api_error (`errc::invalid_options`) when the URL or the variable's value is wrong; it names
    ///         the variable.
    static proxy_options from_environment(std::string_view base_url);

    /// Credentials in place of those in the URL: Basic (RFC 7617) for http and https, user name and password
    /// (RFC 1929) for socks5h. Where both are empty, there are none.
    proxy_options& credentials(std::string_view username, std::string_view password) {
        username_ = detail::proxy_secret(std::string(username));
        password_ = detail::proxy_secret(std::string(password));
        return *this;
    }
    /// Trusts these certificate authorities (PEM, one or more) for an https proxy, in place of the system's.
    /// They are not trusted for the server, nor are the server's for the proxy.
    proxy_options& ca_pem(std::string_view pem) {
        ca_pem_ = pem;
        return *this;
    }
    /// As `ca_pem`, from a file that is read when the client is made.
    proxy_options& ca_file(std::string_view path) {
        ca_file_ = path;
        return *this;
    }

    /// \name What was set
    /// @{

    /// What was set; empty where nothing was.
    [[nodiscard]] proxy_scheme scheme() const noexcept { return scheme_; }
    /// A DNS name or an IP address without brackets; empty where there is no proxy.
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    /// 0 where there is no proxy.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Whether the URL or `credentials` has set a user name or a password.
    [[nodiscard]] bool has_credentials() const noexcept { return !username_.empty() || !password_.empty(); }
    [[nodiscard]] const std::string& ca_pem() const noexcept { return ca_pem_; }
    [[nodiscard]] const std::string& ca_file() const noexcept { return ca_file_; }
    /// @}

private:
    friend struct detail::proxy_access;

    proxy_scheme scheme_ = proxy_scheme::none;
    std::string host_;
    std::uint16_t port_ = 0;
    detail::proxy_secret username_;
    detail::proxy_secret password_;
    std::string ca_pem_;
    std::string ca_file_;
};

} // namespace bandwidth::webrtc
