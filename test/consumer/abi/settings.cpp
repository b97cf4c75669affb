// What a constructor of the client asks of the linker, which compiles in a moment.
#include <bandwidth/webrtc/detail/abi_check.hpp>

int main() { bandwidth::webrtc::detail::abi_check(); }
