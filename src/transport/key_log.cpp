#include "transport/key_log.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <bandwidth/webrtc/error.hpp>
#include <cerrno>
#include <cstring>

namespace bandwidth::webrtc::detail {

key_log::key_log(const std::string& path)
    : descriptor_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) {
        const error_code why(errno, boost::system::system_category());
        throw api_error(
            failure(errc::invalid_options, "allow_key_log: " + path + " cannot be opened: " + why.message()));
    }
}

key_log::~key_log() { ::close(descriptor_); }

void key_log::append(const char* line) noexcept {
    char end = '\n';
    const std::array<iovec, 2> parts = {{{const_cast<char*>(line), std::strlen(line)}, {&end, 1}}};
    [[maybe_unused]] const auto written = ::writev(descriptor_, parts.data(), static_cast<int>(parts.size()));
}

} // namespace bandwidth::webrtc::detail
