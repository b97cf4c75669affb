#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace bandwidth::webrtc::testing {

/// What a test certificate says about its holder.
///
/// Start from an empty one and chain the setters:
/// `certificate_options{}.common_name("localhost").dns_name("localhost").ip_address("127.0.0.1")`.
/// Not thread-safe; copies are independent.
class certificate_options {
public:
    /// A certificate with an empty subject, no subject alternative name, valid from one hour ago for one day.
    certificate_options();

    /// Sets the common name (CN) of the subject. Clients that follow RFC 9525 section 2 never look at it.
    certificate_options& common_name(std::string name);
    /// Adds a subject alternative name of type DNS. Any bytes are taken, also wildcards and NUL.
    certificate_options& dns_name(std::string name);
    /// Adds a subject alternative name of type IP, in text form ("127.0.0.1", "::1").
    certificate_options& ip_address(std::string address);
    /// First moment at which the certificate is valid (seconds count).
    certificate_options& valid_from(std::chrono::system_clock::time_point moment);
    /// Last moment at which the certificate is valid (seconds count).
    certificate_options& valid_until(std::chrono::system_clock::time_point moment);

    /// \name What was set
    /// @{

    /// What was set or added, or the default.
    [[nodiscard]] const std::string& common_name() const noexcept { return common_name_; }
    [[nodiscard]] const std::vector<std::string>& dns_names() const noexcept { return dns_names_; }
    [[nodiscard]] const std::vector<std::string>& ip_addresses() const noexcept { return ip_addresses_; }
    [[nodiscard]] std::chrono::system_clock::time_point valid_from() const noexcept { return valid_from_; }
    [[nodiscard]] std::chrono::system_clock::time_point valid_until() const noexcept { return valid_until_; }
    /// @}

private:
    std::string common_name_;
    std::vector<std::string> dns_names_;
    std::vector<std::string> ip_addresses_;
    std::chrono::system_clock::time_point valid_from_;
    std::chrono::system_clock::time_point valid_until_;
};

/// A certificate with its private key, all in PEM. For tests only: the key is not protected. A value:
/// distinct objects may be used from distinct threads.
class certificate {
public:
    /// An empty certificate, of use only to be assigned to.
    certificate() = default;
    /// Takes over PEM texts made elsewhere.
    /// \param chain_pem the certificate, then any intermediate certificates
    /// \param private_key_pem the unencrypted private key of the first certificate
    /// \param issuer_pem the root certificate that a client has to trust
    certificate(std::string chain_pem, std::string private_key_pem, std::string issuer_pem);

    /// The certificate, followed by intermediate certificates if there are any.
    [[nodiscard]] const std::string& chain_pem() const noexcept { return chain_pem_; }
    /// The private key of the first certificate in the chain.
    [[nodiscard]] const std::string& private_key_pem() const noexcept { return private_key_pem_; }
    /// The certificate that a client has to trust; the certificate itself when it is self-signed.
    [[nodiscard]] const std::string& issuer_pem() const noexcept { return issuer_pem_; }

private:
    std::string chain_pem_;
    std::string private_key_pem_;
    std::string issuer_pem_;
};

/// A certificate authority with a fresh P-256 key, for tests.
/// `issue` may be called from several threads at once.
class certificate_authority {
public:
    /// Makes the authority's key and its self-signed root certificate (valid from one hour ago for ten
    /// years).
    /// \param common_name the name of the authority; two authorities of one name are still distinct
    /// \throws std::runtime_error when OpenSSL fails
    explicit certificate_authority(std::string common_name = "loopback test CA");

    /// The root certificate, to be trusted by a client.
    [[nodiscard]] const std::string& pem() const noexcept { return pem_; }

    /// Makes a P-256 key and a server certificate signed by this authority.
    /// \throws std::invalid_argument when an IP address cannot be parsed
    /// \throws std::runtime_error when OpenSSL fails
    [[nodiscard]] certificate issue(const certificate_options& options) const;

private:
    std::string pem_;
    std::string private_key_pem_;
};

/// Makes a P-256 key and a server certificate signed with that same key, which no client trusts unless told
/// to.
/// \throws std::invalid_argument when an IP address cannot be parsed
/// \throws std::runtime_error when OpenSSL fails
certificate make_self_signed_certificate(const certificate_options& options);

/// The SHA-256 of a certificate's public key (its SubjectPublicKeyInfo) in base64, as
/// `client_options::pin_public_key` takes it (RFC 7469, section 2.4). May be called from several threads.
/// \param certificate_pem in PEM; the first certificate counts
/// \throws std::runtime_error when that is no certificate
std::string public_key_pin(const std::string& certificate_pem);

} // namespace bandwidth::webrtc::testing
