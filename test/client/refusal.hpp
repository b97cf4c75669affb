#pragma once

#include <doctest/doctest.h>

#include <bandwidth/webrtc/client.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

namespace support {

/// Options with which a client can be made: one option that is bad makes them refused.
inline bandwidth::webrtc::client_options good() {
    return bandwidth::webrtc::client_options{}.account("9900000").credentials("user", "secret");
}

/// The message with which a client refuses the options; empty when it takes them.
inline std::string refusal(const bandwidth::webrtc::client_options& options) {
    boost::asio::io_context context;
    try {
        const bandwidth::webrtc::client made(context, options);
    } catch (const bandwidth::webrtc::api_error& error) {
        CHECK(error.code() == bandwidth::webrtc::errc::invalid_options);
        CHECK(error.failure().delivery() == bandwidth::webrtc::delivery::not_sent);
        return error.failure().message();
    }
    return {};
}

} // namespace support
