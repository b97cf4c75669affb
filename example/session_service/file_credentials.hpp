#pragma once

#include <bandwidth/webrtc/credentials.hpp>
#include <mutex>
#include <string>

namespace example {

/// Credentials in a file, which something else writes (a secrets manager): `USER:PASSWORD`, or an access token. A line
/// break at the end does not count. What the file holds now is used once `reload` was called, from the next request on.
///
/// Thread safety: safe.
class file_credentials final : public bandwidth::webrtc::credential_source {
public:
    /// \throws api_error or std::runtime_error when it cannot be read, or holds no credentials
    explicit file_credentials(std::string path);

    /// Throws as the constructor does; nothing has changed then.
    void reload();

    std::string authorization() const override;
    unsigned long long generation() const noexcept override;

private:
    std::string path_;
    mutable std::mutex mutex_;
    std::string authorization_;
    unsigned long long generation_ = 0;
};

/// What a file holds.
/// \throws std::runtime_error naming the file when it cannot be read
std::string read_file(const std::string& path);

} // namespace example
