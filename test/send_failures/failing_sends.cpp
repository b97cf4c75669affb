#include "send_failures/failing_sends.hpp"

#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <set>

#include "support/network.hpp"

namespace send_failures {

namespace {

std::uint16_t port_of(int descriptor, decltype(&::getpeername) name) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    const bool known =
        name(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 && address.sin_family == AF_INET;
    return known ? ntohs(address.sin_port) : std::uint16_t{0};
}

// The loopback server sends on a thread of its own.
class rule {
public:
    void begin(std::uint16_t port, int error, failing_sends::of which) {
        std::set<std::uint16_t> locals;
        for (const int descriptor : support::sockets_to(port))
            locals.insert(port_of(descriptor, ::getsockname));
        const std::lock_guard lock(mutex_);
        // By their own ports, since the descriptor of one that was closed is given to the next.
        locals_ = std::move(locals);
        every_ = which == failing_sends::of::all;
        port_ = port;
        error_ = error;
        most_ = std::numeric_limits<std::size_t>::max();
        before_ = failed_ = 0;
    }
    void end() {
        const std::lock_guard lock(mutex_);
        port_ = 0;
    }
    void times(std::size_t most) {
        const std::lock_guard lock(mutex_);
        most_ = most;
    }
    void after(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        before_ = bytes;
    }
    std::size_t failed() {
        const std::lock_guard lock(mutex_);
        return failed_;
    }
    /// How many of `size` bytes may be sent; none: errno says why not.
    std::size_t admit(int descriptor, std::size_t size) {
        const std::lock_guard lock(mutex_);
        if (port_ == 0 || failed_ >= most_ || port_of(descriptor, ::getpeername) != port_ ||
            (!every_ && locals_.count(port_of(descriptor, ::getsockname)) == 0))
            return size;
        if (before_ != 0) {
            const auto admitted = std::min(size, before_);
            before_ -= admitted;
            return admitted;
        }
        ++failed_;
        errno = error_;
        return 0;
    }

private:
    std::mutex mutex_;
    std::uint16_t port_ = 0; // none
    std::set<std::uint16_t> locals_;
    bool every_ = false;
    int error_ = 0;
    std::size_t most_ = 0;
    std::size_t before_ = 0;
    std::size_t failed_ = 0;
};

rule& the_rule() {
    static rule only;
    return only;
}

template <class Function>
Function* system_function(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

failing_sends::failing_sends(std::uint16_t port, int error, of which) {
    the_rule().begin(port, error, which);
}
failing_sends::~failing_sends() { the_rule().end(); }

failing_sends& failing_sends::times(std::size_t most) {
    the_rule().times(most);
    return *this;
}

failing_sends& failing_sends::after(std::size_t bytes) {
    the_rule().after(bytes);
    return *this;
}

std::size_t failing_sends::count() const { return the_rule().failed(); }

} // namespace send_failures

extern "C" ssize_t send(int descriptor, const void* data, size_t size, int flags) {
    static auto* const real = send_failures::system_function<decltype(::send)>("send");
    const auto admitted = send_failures::the_rule().admit(descriptor, size);
    return admitted == 0 && size != 0 ? -1 : real(descriptor, data, admitted, flags);
}

extern "C" ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
    static auto* const real = send_failures::system_function<decltype(::sendmsg)>("sendmsg");
    std::size_t size = 0;
    for (std::size_t i = 0; i < message->msg_iovlen; ++i)
        size += message->msg_iov[i].iov_len;
    const auto admitted = send_failures::the_rule().admit(descriptor, size);
    if (admitted == size)
        return real(descriptor, message, flags);
    if (admitted == 0)
        return -1;
    auto first = *message; // no more than its first piece, which is allowed to be short
    first.msg_iovlen = 1;
    iovec piece = message->msg_iov[0];
    piece.iov_len = std::min(piece.iov_len, admitted);
    first.msg_iov = &piece;
    return real(descriptor, &first, flags);
}
