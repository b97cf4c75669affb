#!/bin/sh
# check.sh COMPILER PREFIX FOLDER [--static]: a program that is compiled otherwise than the library which is installed
# below PREFIX does not link, and the linker names the settings that differ, and no others. FOLDER is for what is
# built. With --static all settings are tried, else one, since the shared library has the same symbols.
set -eu
compiler=$1 prefix=$2 folder=$3 mode=${4:-}
here=$(dirname "$0")

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name bandwidth-webrtc.pc)")
export PKG_CONFIG_PATH
flags=$(pkg-config --cflags --libs $mode bandwidth-webrtc)
mkdir -p "$folder"
failures=0

# differs_in NAMES PROGRAM OPTION...: PROGRAM with these options lacks these settings of the library; with no NAMES,
# it links. All names are in one order, that of the alphabet.
differs_in() {
    names=$1 program=$2
    shift 2
    # The flags are words of their own: no quotes.
    if $compiler -std=c++20 "$@" "$here/$program" -o "$folder/program" $flags > "$folder/out" 2>&1; then linked=yes; else linked=no; fi
    found=$(sed -n 's/.*undefined reference to .*same_in_the_library<bandwidth::webrtc::detail::setting::\([^ ]*>\) *>.*/\1/p' "$folder/out" |
        sort -u | tr '\n' ' ')
    expected=no
    [ -n "$names" ] || expected=yes
    if [ "$found" != "${names:+$names }" ] || [ "$linked" != "$expected" ]; then
        echo "$program $*: linked: $linked; differs in: $found; expected: $names"
        cat "$folder/out"
        failures=1
    fi
}

differs_in '' settings.cpp
if [ "$mode" != --static ]; then
    differs_in 'asio_handler_tracking<true>' settings.cpp -DBOOST_ASIO_ENABLE_HANDLER_TRACKING
    exit $failures
fi
differs_in 'boost_version<109900>' settings.cpp "-I$here/newer_boost"
differs_in 'rtti<false>' settings.cpp -fno-rtti
differs_in 'exceptions<false>' settings.cpp -fno-exceptions
differs_in 'asio_handler_tracking<true>' settings.cpp -DBOOST_ASIO_ENABLE_HANDLER_TRACKING
differs_in 'asio_custom_handler_tracking<true> asio_handler_tracking<true>' settings.cpp \
    '-DBOOST_ASIO_CUSTOM_HANDLER_TRACKING="tracking.hpp"'
differs_in 'asio_threads<false>' settings.cpp -DBOOST_ASIO_DISABLE_THREADS
differs_in 'asio_thread_keyword<false>' settings.cpp -DBOOST_ASIO_DISABLE_THREAD_KEYWORD_EXTENSION
differs_in 'asio_deprecated<false>' settings.cpp -DBOOST_ASIO_NO_DEPRECATED
differs_in 'asio_epoll<false>' settings.cpp -DBOOST_ASIO_DISABLE_EPOLL
differs_in 'asio_epoll<false> asio_io_uring<true>' settings.cpp -DBOOST_ASIO_DISABLE_EPOLL -DBOOST_ASIO_HAS_IO_URING
differs_in 'asio_eventfd<false>' settings.cpp -DBOOST_ASIO_DISABLE_EVENTFD
differs_in 'asio_recycling_cache_size<4>' settings.cpp -DBOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=4
differs_in 'asio_small_block_recycling<false>' settings.cpp -DBOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING
differs_in 'asio_awaitable_frame_recycling<false>' settings.cpp -DBOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING
differs_in 'asio_buffer_debugging<true>' settings.cpp -DBOOST_ASIO_ENABLE_BUFFER_DEBUGGING
differs_in 'asio_buffer_debugging<true> standard_library_debug_mode<true>' settings.cpp -D_GLIBCXX_DEBUG
differs_in 'cxx11_strings<false>' settings.cpp -D_GLIBCXX_USE_CXX11_ABI=0
# io_uring beside epoll, and the executors of the Networking TS, make no difference.
differs_in '' settings.cpp -DBOOST_ASIO_HAS_IO_URING -DBOOST_ASIO_NO_TS_EXECUTORS -O3 -DNDEBUG -std=c++23
# All constructors ask for that, and no optimisation removes the question.
differs_in 'asio_handler_tracking<true>' client.cpp -DBOOST_ASIO_ENABLE_HANDLER_TRACKING
differs_in 'rtti<false>' client.cpp -fno-rtti -O3 -ffunction-sections -fdata-sections -Wl,--gc-sections
flags=$(pkg-config --cflags --libs $mode bandwidth-webrtc-testing)
differs_in 'asio_handler_tracking<true>' servers.cpp -DBOOST_ASIO_ENABLE_HANDLER_TRACKING
exit $failures
