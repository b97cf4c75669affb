#include "session_service/file_credentials.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace example {

namespace webrtc = bandwidth::webrtc;

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file)
        throw std::runtime_error("cannot read " + path);
    return text;
}

file_credentials::file_credentials(std::string path) : path_(std::move(path)) { reload(); }

void file_credentials::reload() {
    const std::string text = read_file(path_);
    std::string_view secret = text;
    while (secret.ends_with('\n') || secret.ends_with('\r'))
        secret.remove_suffix(1);
    const auto colon = secret.find(':');
    const auto source = colon == std::string_view::npos
                            ? webrtc::bearer_token(secret)
                            : webrtc::basic_credentials(secret.substr(0, colon), secret.substr(colon + 1));
    auto authorization = source->authorization();
    const std::lock_guard lock(mutex_);
    authorization_ = std::move(authorization);
    ++generation_;
}

std::string file_credentials::authorization() const {
    const std::lock_guard lock(mutex_);
    return authorization_;
}

unsigned long long file_credentials::generation() const noexcept {
    const std::lock_guard lock(mutex_);
    return generation_;
}

} // namespace example
