#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/targets.hpp"

// The way from libFuzzer to the target that FUZZ_TARGET of the environment names.

namespace {

fuzz::target chosen = nullptr;

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const char* const name = std::getenv("FUZZ_TARGET");
    chosen = fuzz::target_of(name == nullptr ? "" : name);
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
