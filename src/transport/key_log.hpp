#pragma once

#include <string>

namespace bandwidth::webrtc::detail {

/// A file to which the secrets of TLS connections are appended, a line each, in the format that OpenSSL gives and
/// Wireshark reads (draft-ietf-tls-keylogfile). Thread safety: safe; each line is one write.
class key_log {
public:
    /// Readable by its owner alone, where it is made here.
    /// \throws api_error (`errc::invalid_options`) when it cannot be opened.
    explicit key_log(const std::string& path);
    ~key_log();
    key_log(const key_log&) = delete;
    key_log& operator=(const key_log&) = delete;

    /// A line that cannot be written is lost: calls go on.
    void append(const char* line) noexcept;

private:
    int descriptor_;
};

} // namespace bandwidth::webrtc::detail
