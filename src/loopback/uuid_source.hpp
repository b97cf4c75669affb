#pragma once

#include <string>

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace bandwidth::webrtc::testing::detail {

/// Random UUIDs (RFC 9562 version 4) in text form. Not thread-safe.
class uuid_source {
public:
    static constexpr std::size_t text_size = 36;

    /// Puts the next UUID in place of what `text` holds.
    void next(std::string& text) {
        text.resize(text_size);
        boost::uuids::to_chars(generator_(), text.data());
    }

    std::string next() {
        std::string text;
        next(text);
        return text;
    }

private:
    boost::uuids::random_generator_mt19937 generator_;
};

} // namespace bandwidth::webrtc::testing::detail
