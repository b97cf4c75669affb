#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace support {

/// Sets a variable of the environment until the end of the scope.
class scoped_variable {
public:
    scoped_variable(std::string name, const char* value) : name_(std::move(name)) {
        if (const char* const before = std::getenv(name_.c_str()))
            before_ = before;
        set(value);
    }
    ~scoped_variable() { set(before_ ? before_->c_str() : nullptr); }
    scoped_variable(const scoped_variable&) = delete;
    scoped_variable& operator=(const scoped_variable&) = delete;

private:
    void set(const char* value) {
        if (value)
            ::setenv(name_.c_str(), value, 1);
        else
            ::unsetenv(name_.c_str());
    }
    std::string name_;
    std::optional<std::string> before_;
};

} // namespace support
