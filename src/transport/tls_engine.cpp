#include "transport/tls_engine.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <new>

namespace bandwidth::webrtc::detail {

namespace {

// The reason, where the error is the SSL library's: its numbers mean other things in OpenSSL's other parts.
int ssl_reason(unsigned long error) { return ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0; }

// On an open connection the peer may send tickets, ask for new keys, or ask to renegotiate, each at a cost
// for us and for nothing. Two tickets are usual, and one change of keys in every few million records.
constexpr int most_messages_between_data = 32;

// The alert that the peer has sent, where that is the error; -1 for none.
int alert_of(unsigned long error) {
    const int value = ssl_reason(error) - SSL_AD_REASON_OFFSET;
    return value >= 0 && value <= 255 ? value : -1;
}

// Whether the chain was found to lead to nobody who is trusted.
bool is_of_issuer(long verdict) {
    return verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
           verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           verdict == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
           verdict == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
           verdict == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

// RFC 8446, section 6.2: what a server says of a client's certificate, of its absence, or of who is behind
// it.
bool refuses_us(int alert) {
    constexpr std::array alerts = {SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE,
                                   SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED,
                                   SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA,
                                   SSL_AD_ACCESS_DENIED,       TLS13_AD_CERTIFICATE_REQUIRED};
    return std::ranges::count(alerts, alert) != 0;
}

// Alerts that nothing but a handshake brings about. Others, such as internal_error, may come at any time, and
// say nothing of whether a request was processed.
bool is_of_handshake(int alert) {
    return refuses_us(alert) || alert == SSL_AD_HANDSHAKE_FAILURE || alert == SSL_AD_DECRYPT_ERROR;
}

// What others have left in the thread's queue would be taken for ours. To look is cheaper than to clear.
void clear_errors() {
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

std::string error_text(unsigned long error) {
    const char* const reason = ERR_reason_error_string(error);
    return reason ? reason : "TLS error";
}

} // namespace

tls_engine::tls_engine(tls_context& context, const std::string& host) : ssl_(SSL_new(context.native())) {
    if (!ssl_)
        throw std::bad_alloc();
    wire_.attach(ssl_.get());
    SSL_set_connect_state(ssl_.get());

    boost::system::error_code not_an_address;
    const auto address = boost::asio::ip::make_address(host, not_an_address);
    X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl_.get());
    if (!not_an_address) {
        const auto text = address.to_string();
        if (X509_VERIFY_PARAM_set1_ip_asc(parameters, text.c_str()) != 1)
            throw std::bad_alloc();
    } else {
        // Only subjectAltName counts (RFC 9110, section 4.3.4; RFC 9525): no common name, no "f*.example".
        X509_VERIFY_PARAM_set_hostflags(
            parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        // A trailing dot is for the resolver; neither certificates nor SNI have it.
        const auto name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
        if (SSL_set1_host(ssl_.get(), name.c_str()) != 1 ||
            SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) != 1)
            throw std::bad_alloc();
    }
    SSL_set_msg_callback(ssl_.get(), &tls_engine::on_message);
    SSL_set_msg_callback_arg(ssl_.get(), this);
    resume(context);
}

// Nothing is verified in a resumed handshake, and since the session was made a certificate may have expired.
void tls_engine::resume(tls_context& context) {
    while (const auto session = context.take_session()) {
        if (SSL_set_session(ssl_.get(), session.get()) == 1 && context.verifies(ssl_.get()))
            return;
        SSL_set_session(ssl_.get(), nullptr);
    }
}

void tls_engine::on_message(int is_write, int, int content_type, const void* data, std::size_t size, SSL*,
                            void* self) noexcept {
    if (is_write != 0 || content_type != SSL3_RT_HANDSHAKE || size == 0)
        return;
    auto& engine = *static_cast<tls_engine*>(self);
    if (engine.handshake_done_) {
        if (++engine.messages_since_data_ > most_messages_between_data)
            engine.wire_.input = {}; // `read` fails; meanwhile OpenSSL gets no more
    } else if (*static_cast<const unsigned char*>(data) == SSL3_MT_CERTIFICATE_REQUEST) {
        engine.certificate_requested_ = true;
    }
}

tls_engine::~tls_engine() {
    // OpenSSL marks a session as not resumable when its connection is freed without a closure alert; a
    // connection that was cut says nothing against the session.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

stream_engine::status tls_engine::handshake() {
    if (failed_)
        return status::failed;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1)
        return classify(result);
    const unsigned char* protocol = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &length);
    if (length != 0 && std::string_view(reinterpret_cast<const char*>(protocol), length) != "http/1.1")
        return fail(errc::tls_protocol, "the server chose a protocol that was not offered");
    // `resume` has verified the session; this is what the handshake itself makes of it.
    if (SSL_get_verify_result(ssl_.get()) != X509_V_OK || !SSL_get0_peer_certificate(ssl_.get()))
        return fail(errc::tls_untrusted, "the handshake ended without a verified certificate");
    handshake_done_ = true;
    // Before TLS 1.3 a session may be used many times, and a resumed one brings no new ticket.
    if (resumed() && SSL_version(ssl_.get()) < TLS1_3_VERSION)
        tls_context::of(ssl_.get()).put_session(ssl_session_ptr(SSL_get1_session(ssl_.get())));
    return status::ok;
}

stream_engine::status tls_engine::read(char* buffer, std::size_t capacity, std::size_t& size) {
    size = 0;
    if (failed_)
        return status::failed;
    clear_errors(); // once: between the records nobody else's code runs
    do {
        // All is decrypted. OpenSSL would find that out too, and take longer.
        if (handshake_done_ && wire_.input.empty() && SSL_has_pending(ssl_.get()) == 0)
            return status::want_input;
        std::size_t piece = 0;
        const int result = SSL_read_ex(ssl_.get(), buffer + size, capacity - size, &piece);
        if (messages_since_data_ > most_messages_between_data) {
            ERR_clear_error();
            return fail(errc::tls_failed, "handshake messages without end on an open connection");
        }
        if (result != 1)
            return classify(result);
        size += piece;
        messages_since_data_ = 0;
        data_received_ = true;
    } while (capacity - size >= largest_record);
    return status::ok;
}

stream_engine::status tls_engine::write(std::string_view plain) {
    if (failed_)
        return status::failed;
    clear_errors();
    while (!plain.empty()) {
        std::size_t taken = 0;
        const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &taken);
        if (result != 1)
            return classify(result);
        plain.remove_prefix(taken);
    }
    return status::ok;
}

void tls_engine::close_notify() {
    if (!handshake_done_ || failed_ || close_notify_sent_)
        return;
    close_notify_sent_ = true;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

stream_engine::status tls_engine::classify(int result) {
    const int kind = SSL_get_error(ssl_.get(), result);
    if (kind == SSL_ERROR_WANT_READ)
        return status::want_input;
    if (kind == SSL_ERROR_ZERO_RETURN)
        return status::closed;
    const auto error = ERR_peek_error();
    const bool unverified = ssl_reason(error) == SSL_R_CERTIFICATE_VERIFY_FAILED ||
                            ssl_reason(ERR_peek_last_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    ERR_clear_error();
    if (!handshake_done_)
        return fail_handshake(error, unverified);
    const int alert = alert_of(error);
    rejected_ = is_of_handshake(alert) && !data_received_ && SSL_version(ssl_.get()) == TLS1_3_VERSION;
    if (rejected_)
        return fail(refuses_us(alert) ? errc::tls_rejected : errc::handshake_failed, error_text(error));
    return fail(errc::tls_failed, error_text(error));
}

// `unverified`: the certificate was found wrong, of which the first error need not tell: where a signature is wrong,
// that is told before it.
stream_engine::status tls_engine::fail_handshake(unsigned long error, bool unverified) {
    const int reason = ssl_reason(error);
    if (unverified) {
        const long verdict = SSL_get_verify_result(ssl_.get());
        const bool mismatch =
            verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
        std::string text = verdict == X509_V_ERR_APPLICATION_VERIFICATION
                               ? "no certificate of the chain has a pinned public key"
                               : X509_verify_cert_error_string(verdict);
        const auto& context = tls_context::of(ssl_.get());
        if (context.trusts_nobody())
            text +=
                ": this system has no certificate authorities; install them (Debian: ca-certificates), or "
                "set ca_file";
        else if (is_of_issuer(verdict))
            text += std::string(": its issuer is none of the authorities of ") + context.authorities();
        return fail(mismatch ? errc::tls_host_mismatch : errc::tls_untrusted, std::move(text));
    }
    // Before TLS 1.3 there is no alert for "a certificate is required".
    const int alert = alert_of(error);
    if (refuses_us(alert) || (alert == SSL_AD_HANDSHAKE_FAILURE && certificate_requested_))
        return fail(errc::tls_rejected, error_text(error));
    constexpr std::array not_our_tls = {
        SSL_R_WRONG_VERSION_NUMBER,
        SSL_R_HTTP_REQUEST,
        SSL_R_UNSUPPORTED_PROTOCOL,
        SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
        SSL_R_UNKNOWN_PROTOCOL,
        SSL_R_PACKET_LENGTH_TOO_LONG,
        SSL_R_UNEXPECTED_MESSAGE,
        SSL_R_BAD_RECORD_TYPE,
        SSL_R_BAD_EXTENSION,
        SSL_R_EXCESSIVE_MESSAGE_SIZE,
        static_cast<int>(SSL_AD_REASON_OFFSET) + SSL_AD_NO_APPLICATION_PROTOCOL};
    return fail(std::ranges::count(not_our_tls, reason) != 0 ? errc::tls_protocol : errc::handshake_failed,
                error_text(error));
}

stream_engine::status tls_engine::fail(errc value, std::string text) {
    failed_ = true;
    code_ = value;
    text_ = std::move(text);
    return status::failed;
}

} // namespace bandwidth::webrtc::detail
