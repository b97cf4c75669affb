#pragma once

// What a snippet of README.md or doc/*.md may use without saying so. Programs in there include what they need
// by themselves.
#include <doctest/doctest.h>
#include <atomic>
#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <bandwidth/webrtc/logger.hpp>
#include <bandwidth/webrtc/metrics.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <bandwidth/webrtc/testing/scripted_server.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;
namespace testing = bandwidth::webrtc::testing;
using namespace std::chrono_literals;

namespace readme {

/// What is ready in each snippet: a loopback service, a client for it, a session, and two participants that
/// are not in it.
struct scene {
    testing::loopback_server& server;
    asio::io_context& context;
    const webrtc::client_options& options;
    webrtc::client& client;
    webrtc::session_id session;
    webrtc::participant_id alice;
    webrtc::participant_id bob;
};

// The members of the scene as variables, as a snippet names them.
#define README_SCENE(scene)                                \
    [[maybe_unused]] auto& server = (scene).server;        \
    [[maybe_unused]] auto& context = (scene).context;      \
    [[maybe_unused]] auto& options = (scene).options;      \
    [[maybe_unused]] auto& client = (scene).client;        \
    [[maybe_unused]] const auto session = (scene).session; \
    [[maybe_unused]] const auto alice = (scene).alice;     \
    [[maybe_unused]] const auto bob = (scene).bob

/// Runs a snippet; the test fails when it throws. What the environment says while it runs leads to the
/// loopback service too.
void run(asio::awaitable<void> (*snippet)(scene&));

} // namespace readme
