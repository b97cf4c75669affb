#pragma once

#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace support {

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
    std::string path_ = "/tmp/bandwidth-webrtc_test_XXXXXX";
};

/// A new folder, removed with all that is in it at the end.
class temporary_folder {
public:
    temporary_folder() {
        if (mkdtemp(path_.data()) == nullptr)
            throw std::runtime_error("mkdtemp failed");
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const noexcept { return path_; }
    std::string file(std::string_view name) const { return path_ + '/' + std::string(name); }

private:
    std::string path_ = "/tmp/bandwidth-webrtc_test_XXXXXX";
};

/// All that is in the file.
inline std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

} // namespace support
