#include <bandwidth/webrtc/detail/abi_check.hpp>

namespace bandwidth::webrtc::detail {

template <class Setting>
void same_in_the_library() noexcept {}

// What a program that is compiled otherwise does not find.
template void same_in_the_library<setting::boost_version<this_build::boost_version>>() noexcept;
template void same_in_the_library<setting::rtti<this_build::rtti>>() noexcept;
template void same_in_the_library<setting::exceptions<this_build::exceptions>>() noexcept;
template void same_in_the_library<setting::asio_deprecated<this_build::asio_deprecated>>() noexcept;
template void same_in_the_library<
    setting::asio_custom_handler_tracking<this_build::asio_custom_handler_tracking>>() noexcept;
template void
same_in_the_library<setting::asio_handler_tracking<this_build::asio_handler_tracking>>() noexcept;
template void same_in_the_library<setting::asio_threads<this_build::asio_threads>>() noexcept;
template void same_in_the_library<setting::asio_thread_keyword<this_build::asio_thread_keyword>>() noexcept;
template void same_in_the_library<setting::asio_epoll<this_build::asio_epoll>>() noexcept;
template void same_in_the_library<setting::asio_eventfd<this_build::asio_eventfd>>() noexcept;
template void same_in_the_library<setting::asio_io_uring<this_build::asio_io_uring>>() noexcept;
template void
same_in_the_library<setting::asio_recycling_cache_size<this_build::asio_recycling_cache_size>>() noexcept;
template void
same_in_the_library<setting::asio_small_block_recycling<this_build::asio_small_block_recycling>>() noexcept;
template void same_in_the_library<
    setting::asio_awaitable_frame_recycling<this_build::asio_awaitable_frame_recycling>>() noexcept;
template void
same_in_the_library<setting::asio_buffer_debugging<this_build::asio_buffer_debugging>>() noexcept;
template void
same_in_the_library<setting::standard_library_debug_mode<this_build::standard_library_debug_mode>>() noexcept;
template void same_in_the_library<setting::cxx11_strings<this_build::cxx11_strings>>() noexcept;

} // namespace bandwidth::webrtc::detail
