#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "api/brtc/endpoint_codec.hpp"
#include "api/webrtc/codec.hpp"

namespace bandwidth::webrtc {

/// Who reads or writes it.
template <class Model>
constexpr auto codec_of() {
    if constexpr (
        requires(Model & model, std::string & body) {
            detail::endpoint_codec::decode(std::string_view(), model);
        } ||
        requires(Model & model, std::string & body) { detail::endpoint_codec::encode(model, body); })
        return detail::endpoint_codec();
    else
        return detail::codec();
}
template <class Model>
using codec_for = decltype(codec_of<Model>());

/// The model that `json` holds; the test case fails when it holds none.
template <class Model>
Model decoded(std::string_view json) {
    Model model;
    const auto problem = codec_for<Model>::decode(json, model);
    INFO("JSON: ", std::string(json));
    REQUIRE_MESSAGE(!problem, problem.value_or(""));
    return model;
}

/// What is wrong with `json` as a model; empty when nothing is.
template <class Model>
std::string decode_problem(std::string_view json) {
    Model model;
    return codec_for<Model>::decode(json, model).value_or("");
}

/// The body of a request; the test case fails when the request is refused.
template <class Request>
std::string encoded(const Request& request) {
    std::string body;
    const auto problem = codec_for<Request>::encode(request, body);
    REQUIRE_MESSAGE(!problem, problem.value_or(""));
    return body;
}

/// Why a request is refused; empty when it is not.
template <class Request>
std::string encode_problem(const Request& request) {
    std::string body;
    return codec_for<Request>::encode(request, body).value_or("");
}

/// Every text that is `json` cut short must be refused as the model.
template <class Model>
void check_every_truncation(std::string_view json) {
    for (std::size_t length = 1; length < json.size(); ++length) {
        CAPTURE(std::string(json.substr(0, length)));
        CHECK_FALSE(decode_problem<Model>(json.substr(0, length)).empty());
    }
}

} // namespace bandwidth::webrtc
