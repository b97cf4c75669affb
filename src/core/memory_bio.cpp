#include "core/memory_bio.hpp"

#include <openssl/bio.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

namespace bandwidth::webrtc::detail {

namespace {

int read_bio(BIO* bio, char* data, int size) {
    auto& wire = *static_cast<memory_bio*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (wire.input.empty()) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const auto count = std::min(static_cast<std::size_t>(size), wire.input.size());
    std::memcpy(data, wire.input.data(), count);
    wire.input.remove_prefix(count);
    return static_cast<int>(count);
}

// OpenSSL must not be left by an exception.
int write_bio(BIO* bio, const char* data, int size) noexcept {
    auto& wire = *static_cast<memory_bio*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    wire.output.append(data, static_cast<std::size_t>(size));
    return size;
}

long control_bio(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* bio_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "memory_bio");
        if (!made)
            throw std::bad_alloc();
        BIO_meth_set_read(made, &read_bio);
        BIO_meth_set_write(made, &write_bio);
        BIO_meth_set_ctrl(made, &control_bio);
        return made;
    }();
    return method;
}

} // namespace

void memory_bio::attach(SSL* connection) {
    BIO* const bio = BIO_new(bio_method());
    if (!bio)
        throw std::bad_alloc();
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(connection, bio, bio);
}

} // namespace bandwidth::webrtc::detail
