#include <cstddef>
#include <cstdint>

#include "fuzz/targets.hpp"

// The way from libFuzzer to the function that FUZZ_TARGET names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
    return 0;
}
