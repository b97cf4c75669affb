#pragma once

#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bandwidth::webrtc::bulk::test {

/// A file with this text, removed at the end.
class temporary_file {
public:
    explicit temporary_file(std::string_view text) {
        const int descriptor = mkstemp(path_.data());
        if (descriptor < 0)
            throw std::runtime_error("mkstemp failed");
        close(descriptor);
        std::ofstream(path_, std::ios::binary) << text;
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() { std::remove(path_.c_str()); }

    const std::string& path() const noexcept { return path_; }

private:
    std::string path_ = "/tmp/bandwidth-webrtc-bulk_test_XXXXXX";
};

} // namespace bandwidth::webrtc::bulk::test
