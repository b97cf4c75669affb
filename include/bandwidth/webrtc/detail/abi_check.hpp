#pragma once

#include <boost/asio/detail/config.hpp>
#include <boost/asio/detail/thread_info_base.hpp>
#include <boost/version.hpp>
#include <version>

/// An executor, a completion handler and a coroutine are made by the program and used by the library, and the
/// other way round. Each compiles Asio's headers for itself, so they have to compile the same: the settings in
/// `this_build` change the layout of objects that both use, how one side frees what the other has allocated,
/// or how functions are called that both compile.
///
/// A program that differs from the library does not link. What the linker misses then is a function that tells
/// the setting, and the program's value of it:
/// `same_in_the_library<setting::asio_handler_tracking<true> >()`. Compile both alike.
/// `nm -C libbandwidth_webrtc.a | grep same_in_the_library` tells what the library was compiled with.
///
/// Not compared is what does no harm: `BOOST_ASIO_NO_TS_EXECUTORS`, separate compilation of Asio, io_uring beside
/// epoll, assertions, and the version of the language. Nor is what cannot be overlooked: another standard library, or
/// `BOOST_ASIO_USE_TS_EXECUTOR_AS_DEFAULT`, change the types that stand in the names of the library's functions. The
/// macros that make Asio do without parts of the standard library (`BOOST_ASIO_DISABLE_STD_...`) are not looked at.
namespace bandwidth::webrtc::detail {

/// What this translation unit is compiled with.
namespace this_build {

constexpr int boost_version = BOOST_VERSION;

// How executors tell what they are, and contexts find their services: by typeid, or by the address of a static
// object. -fno-rtti turns it off.
#ifdef BOOST_ASIO_NO_TYPEID
constexpr bool rtti = false;
#else
constexpr bool rtti = true;
#endif

// What Asio keeps for each thread has room for an exception. -fno-exceptions turns it off.
#ifdef BOOST_ASIO_NO_EXCEPTIONS
constexpr bool exceptions = false;
#else
constexpr bool exceptions = true;
#endif

// Functions that give their error to an `error_code&`, such as `socket.close(error)`, return it too, or nothing
// (BOOST_ASIO_SYNC_OP_VOID). Their names do not tell which, so the linker takes either, and what is returned in memory
// shifts the arguments.
#ifdef BOOST_ASIO_NO_DEPRECATED
constexpr bool asio_deprecated = false;
#else
constexpr bool asio_deprecated = true;
#endif

// Every operation has a number then. The types are others again where the program brings its own tracking.
#ifdef BOOST_ASIO_CUSTOM_HANDLER_TRACKING
constexpr bool asio_custom_handler_tracking = true;
#else
constexpr bool asio_custom_handler_tracking = false;
#endif
#ifdef BOOST_ASIO_ENABLE_HANDLER_TRACKING
constexpr bool asio_handler_tracking = true;
#else
constexpr bool asio_handler_tracking = asio_custom_handler_tracking; // which turns it on further below
#endif

// Whether mutexes are mutexes, or empty.
#ifdef BOOST_ASIO_HAS_THREADS
constexpr bool asio_threads = true;
#else
constexpr bool asio_threads = false;
#endif

// Where Asio keeps what belongs to a thread: the context that it runs, among others.
#ifdef BOOST_ASIO_HAS_THREAD_KEYWORD_EXTENSION
constexpr bool asio_thread_keyword = true;
#else
constexpr bool asio_thread_keyword = false;
#endif

// Which of its reactors an `io_context` has, and what wakes that up.
#ifdef BOOST_ASIO_HAS_EPOLL
constexpr bool asio_epoll = true;
#else
constexpr bool asio_epoll = false;
#endif
#ifdef BOOST_ASIO_HAS_EVENTFD
constexpr bool asio_eventfd = true;
#else
constexpr bool asio_eventfd = false;
#endif
#ifdef BOOST_ASIO_HAS_IO_URING_AS_DEFAULT
constexpr bool asio_io_uring = true;
#else
constexpr bool asio_io_uring = false;
#endif

// How many blocks of memory each thread keeps for each kind of operation. Asio defines it where nobody else does.
constexpr int asio_recycling_cache_size = BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE;
// A block that is kept has its size behind its end, so both have to make blocks as if they would be kept.
#ifdef BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING
constexpr bool asio_small_block_recycling = false;
#else
constexpr bool asio_small_block_recycling = true;
#endif
#ifdef BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING
constexpr bool asio_awaitable_frame_recycling = false;
#else
constexpr bool asio_awaitable_frame_recycling = true;
#endif

// Buffers then have a function that checks them. Asio turns it on in the debug mode of the standard library.
#if defined(BOOST_ASIO_ENABLE_BUFFER_DEBUGGING) || \
    (defined(_GLIBCXX_DEBUG) && !defined(BOOST_ASIO_DISABLE_BUFFER_DEBUGGING))
constexpr bool asio_buffer_debugging = true;
#else
constexpr bool asio_buffer_debugging = false;
#endif

// The options and the models hold vectors and strings.
#ifdef _GLIBCXX_DEBUG
constexpr bool standard_library_debug_mode = true;
#else
constexpr bool standard_library_debug_mode = false;
#endif
#if defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
constexpr bool cxx11_strings = false;
#else
constexpr bool cxx11_strings = true;
#endif

} // namespace this_build

/// The names of the settings.
namespace setting {

template <int Version>
struct boost_version;
template <bool Enabled>
struct rtti;
template <bool Enabled>
struct exceptions;
template <bool Enabled>
struct asio_deprecated;
template <bool Enabled>
struct asio_custom_handler_tracking;
template <bool Enabled>
struct asio_handler_tracking;
template <bool Enabled>
struct asio_threads;
template <bool Enabled>
struct asio_thread_keyword;
template <bool Enabled>
struct asio_epoll;
template <bool Enabled>
struct asio_eventfd;
template <bool Enabled>
struct asio_io_uring;
template <int Blocks>
struct asio_recycling_cache_size;
template <bool Enabled>
struct asio_small_block_recycling;
template <bool Enabled>
struct asio_awaitable_frame_recycling;
template <bool Enabled>
struct asio_buffer_debugging;
template <bool Enabled>
struct standard_library_debug_mode;
template <bool Enabled>
struct cxx11_strings;

} // namespace setting

/// Does nothing. The library has it for the settings that it is compiled with, and for no others. The values are in
/// its name as template arguments, so it takes no macro to put them there.
template <class Setting>
void same_in_the_library() noexcept;

/// An argument of the constructors that are behind a public one, so that none of them is called without the check.
/// It is always inlined, and so are those public ones: of several inline functions with one name the linker takes
/// any, and would miss what another translation unit is compiled with.
struct abi_check {
    [[gnu::always_inline]] abi_check() noexcept {
        same_in_the_library<setting::boost_version<this_build::boost_version>>();
        same_in_the_library<setting::rtti<this_build::rtti>>();
        same_in_the_library<setting::exceptions<this_build::exceptions>>();
        same_in_the_library<setting::asio_deprecated<this_build::asio_deprecated>>();
        same_in_the_library<
            setting::asio_custom_handler_tracking<this_build::asio_custom_handler_tracking>>();
        same_in_the_library<setting::asio_handler_tracking<this_build::asio_handler_tracking>>();
        same_in_the_library<setting::asio_threads<this_build::asio_threads>>();
        same_in_the_library<setting::asio_thread_keyword<this_build::asio_thread_keyword>>();
        same_in_the_library<setting::asio_epoll<this_build::asio_epoll>>();
        same_in_the_library<setting::asio_eventfd<this_build::asio_eventfd>>();
        same_in_the_library<setting::asio_io_uring<this_build::asio_io_uring>>();
        same_in_the_library<setting::asio_recycling_cache_size<this_build::asio_recycling_cache_size>>();
        same_in_the_library<setting::asio_small_block_recycling<this_build::asio_small_block_recycling>>();
        same_in_the_library<
            setting::asio_awaitable_frame_recycling<this_build::asio_awaitable_frame_recycling>>();
        same_in_the_library<setting::asio_buffer_debugging<this_build::asio_buffer_debugging>>();
        same_in_the_library<setting::standard_library_debug_mode<this_build::standard_library_debug_mode>>();
        same_in_the_library<setting::cxx11_strings<this_build::cxx11_strings>>();
    }
};

} // namespace bandwidth::webrtc::detail
