#include <bandwidth/webrtc/testing/certificate.hpp>

#include <cstdint>
#include <random>
#include <stdexcept>
#include <utility>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "core/base64.hpp"
#include "loopback/openssl.hpp"

namespace bandwidth::webrtc::testing {

namespace {

using detail::openssl_ptr;
using detail::require_openssl;
using time_point = std::chrono::system_clock::time_point;

openssl_ptr<EVP_PKEY> make_key() {
    openssl_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"));
    require_openssl(key != nullptr, "cannot make a P-256 key");
    return key;
}

std::string text_of(BIO& memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(&memory, &data);
    return std::string(data, static_cast<std::size_t>(size));
}

openssl_ptr<BIO> make_memory() {
    openssl_ptr<BIO> memory(BIO_new(BIO_s_mem()));
    require_openssl(memory != nullptr, "cannot allocate a BIO");
    return memory;
}

openssl_ptr<BIO> make_memory(const std::string& text) {
    openssl_ptr<BIO> memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    require_openssl(memory != nullptr, "cannot allocate a BIO");
    return memory;
}

std::string to_pem(X509& certificate) {
    auto memory = make_memory();
    require_openssl(PEM_write_bio_X509(memory.get(), &certificate) == 1, "cannot write a certificate");
    return text_of(*memory);
}

std::string to_pem(EVP_PKEY& key) {
    auto memory = make_memory();
    require_openssl(
        PEM_write_bio_PKCS8PrivateKey(memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "cannot write a private key");
    return text_of(*memory);
}

void set_random_serial(X509& certificate) {
    // RFC 5280 section 4.1.2.2: positive and unique; 63 random bits do for tests.
    std::uint64_t serial = 0;
    require_openssl(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1,
                    "no random bytes");
    serial = (serial >> 1) | 1U;
    require_openssl(ASN1_INTEGER_set_uint64(X509_get_serialNumber(&certificate), serial) == 1,
                    "cannot set the serial");
}

void set_validity(X509& certificate, time_point from, time_point until) {
    const auto from_seconds = std::chrono::system_clock::to_time_t(from);
    const auto until_seconds = std::chrono::system_clock::to_time_t(until);
    require_openssl(ASN1_TIME_set(X509_getm_notBefore(&certificate), from_seconds) != nullptr &&
                        ASN1_TIME_set(X509_getm_notAfter(&certificate), until_seconds) != nullptr,
                    "cannot set the validity");
}

void set_subject(X509& certificate, const std::string& common_name) {
    if (common_name.empty())
        return;
    const auto* bytes = reinterpret_cast<const unsigned char*>(common_name.data());
    require_openssl(X509_NAME_add_entry_by_txt(X509_get_subject_name(&certificate), "CN", MBSTRING_UTF8,
                                               bytes, static_cast<int>(common_name.size()), -1, 0) == 1,
                    "cannot set the common name");
}

void add_extension(X509& certificate, X509* issuer, int id, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, &certificate, nullptr, nullptr, 0);
    const openssl_ptr<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
    require_openssl(extension != nullptr, "cannot make an extension");
    require_openssl(X509_add_ext(&certificate, extension.get(), -1) == 1, "cannot add an extension");
}

// The names are built by hand, not through OpenSSL's "DNS:..." strings, which would end at a NUL or a comma.
void push_name(GENERAL_NAMES& names, int type, ASN1_STRING* value) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    require_openssl(name != nullptr && value != nullptr, "cannot make an alternative name");
    GENERAL_NAME_set0_value(name, type, value);
    require_openssl(sk_GENERAL_NAME_push(&names, name) > 0, "cannot add an alternative name");
}

void add_alternative_names(X509& certificate, const certificate_options& options) {
    if (options.dns_names().empty() && options.ip_addresses().empty())
        return;
    const openssl_ptr<GENERAL_NAMES> names(GENERAL_NAMES_new());
    require_openssl(names != nullptr, "cannot allocate alternative names");
    for (const auto& dns : options.dns_names()) {
        ASN1_IA5STRING* value = ASN1_IA5STRING_new();
        require_openssl(
            value != nullptr && ASN1_STRING_set(value, dns.data(), static_cast<int>(dns.size())) == 1,
            "cannot set an alternative name");
        push_name(*names, GEN_DNS, value);
    }
    for (const auto& ip : options.ip_addresses()) {
        ASN1_OCTET_STRING* value = a2i_IPADDRESS(ip.c_str());
        if (value == nullptr) {
            ERR_clear_error();
            throw std::invalid_argument("not an IP address: " + ip);
        }
        push_name(*names, GEN_IPADD, value);
    }
    require_openssl(
        X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1,
        "cannot add alternative names");
}

openssl_ptr<X509> make_unsigned(EVP_PKEY& key, const std::string& common_name, time_point from,
                                time_point until) {
    openssl_ptr<X509> made(X509_new());
    require_openssl(made != nullptr, "cannot allocate a certificate");
    require_openssl(X509_set_version(made.get(), X509_VERSION_3) == 1, "cannot set the version");
    set_random_serial(*made);
    set_validity(*made, from, until);
    set_subject(*made, common_name);
    require_openssl(X509_set_pubkey(made.get(), &key) == 1, "cannot set the public key");
    return made;
}

void sign(X509& certificate, EVP_PKEY& issuer_key) {
    require_openssl(X509_sign(&certificate, &issuer_key, EVP_sha256()) > 0, "cannot sign a certificate");
}

openssl_ptr<X509> make_leaf(const certificate_options& options, EVP_PKEY& key, X509* issuer,
                            EVP_PKEY& issuer_key) {
    auto made = make_unsigned(key, options.common_name(), options.valid_from(), options.valid_until());
    X509* const signer = issuer == nullptr ? made.get() : issuer;
    require_openssl(X509_set_issuer_name(made.get(), X509_get_subject_name(signer)) == 1,
                    "cannot set the issuer");
    add_extension(*made, signer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(*made, signer, NID_key_usage, "critical,digitalSignature");
    add_extension(*made, signer, NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(*made, signer, NID_subject_key_identifier, "hash");
    // Tells authorities of one name apart when a client trusts several.
    add_extension(*made, signer, NID_authority_key_identifier, "keyid");
    add_alternative_names(*made, options);
    sign(*made, issuer_key);
    return made;
}

} // namespace

certificate_options::certificate_options()
    : valid_from_(std::chrono::system_clock::now() - std::chrono::hours(1))
    , valid_until_(std::chrono::system_clock::now() + std::chrono::hours(24)) {}

certificate_options& certificate_options::common_name(std::string name) {
    common_name_ = std::move(name);
    return *this;
}

certificate_options& certificate_options::dns_name(std::string name) {
    dns_names_.push_back(std::move(name));
    return *this;
}

certificate_options& certificate_options::ip_address(std::string address) {
    ip_addresses_.push_back(std::move(address));
    return *this;
}

certificate_options& certificate_options::valid_from(time_point moment) {
    valid_from_ = moment;
    return *this;
}

certificate_options& certificate_options::valid_until(time_point moment) {
    valid_until_ = moment;
    return *this;
}

certificate::certificate(std::string chain_pem, std::string private_key_pem, std::string issuer_pem)
    : chain_pem_(std::move(chain_pem))
    , private_key_pem_(std::move(private_key_pem))
    , issuer_pem_(std::move(issuer_pem)) {}

certificate_authority::certificate_authority(std::string common_name) {
    const auto now = std::chrono::system_clock::now();
    const auto key = make_key();
    const auto root =
        make_unsigned(*key, common_name, now - std::chrono::hours(1), now + std::chrono::hours(24 * 3650));
    require_openssl(X509_set_issuer_name(root.get(), X509_get_subject_name(root.get())) == 1,
                    "cannot set the issuer");
    add_extension(*root, root.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(*root, root.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(*root, root.get(), NID_subject_key_identifier, "hash");
    sign(*root, *key);
    pem_ = to_pem(*root);
    private_key_pem_ = to_pem(*key);
}

certificate certificate_authority::issue(const certificate_options& options) const {
    const auto root_text = make_memory(pem_);
    const openssl_ptr<X509> root(PEM_read_bio_X509(root_text.get(), nullptr, nullptr, nullptr));
    const auto key_text = make_memory(private_key_pem_);
    const openssl_ptr<EVP_PKEY> root_key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    require_openssl(root != nullptr && root_key != nullptr, "cannot read the authority");
    const auto key = make_key();
    const auto leaf = make_leaf(options, *key, root.get(), *root_key);
    return certificate(to_pem(*leaf), to_pem(*key), pem_);
}

certificate make_self_signed_certificate(const certificate_options& options) {
    const auto key = make_key();
    const auto made = make_leaf(options, *key, nullptr, *key);
    auto pem = to_pem(*made);
    return certificate(pem, to_pem(*key), pem);
}

std::string public_key_pin(const std::string& certificate_pem) {
    const auto text = make_memory(certificate_pem);
    const openssl_ptr<X509> read(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    require_openssl(read != nullptr, "cannot read a certificate");
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(read.get()), &der);
    require_openssl(size > 0, "cannot encode a public key");
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    const int done =
        EVP_Digest(der, static_cast<std::size_t>(size), digest, &digest_size, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    require_openssl(done == 1, "cannot hash a public key");
    return webrtc::detail::encode_base64(
        std::string_view(reinterpret_cast<const char*>(digest), digest_size));
}

} // namespace bandwidth::webrtc::testing
