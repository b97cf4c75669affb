#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "fuzz/targets.hpp"

// The way from libFuzzer to the target that FUZZ_TARGET of the environment names.

namespace {

using target = void (*)(std::string_view);

constexpr std::pair<std::string_view, target> targets[] = {
    {"response_reader", fuzz::response_reader},
    {"http1_connection", fuzz::http1_connection},
    {"json_codec", fuzz::json_codec},
    {"error_body", fuzz::error_body},
    {"token_response", fuzz::token_response},
    {"proxy_handshake", fuzz::proxy_handshake},
    {"url", fuzz::url},
    {"retry_after", fuzz::retry_after},
    {"event", fuzz::event},
    {"bxml", fuzz::bxml},
    {"journal", fuzz::journal},
    {"trace_context", fuzz::trace_context},
};

target chosen = nullptr;

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const char* const name = std::getenv("FUZZ_TARGET");
    for (const auto& [known, function] : targets)
        if (name != nullptr && known == name)
            chosen = function;
    if (chosen == nullptr) {
        std::fprintf(stderr, "FUZZ_TARGET names no target\n");
        std::exit(2);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    chosen({reinterpret_cast<const char*>(data), size});
    return 0;
}
