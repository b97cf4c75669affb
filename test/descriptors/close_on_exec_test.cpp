#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bandwidth/webrtc/client.hpp>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "client/warm_up.hpp"
#include "support/network.hpp"
#include "support/test_client.hpp"
#include "support/text.hpp"

// O21: a program that starts another one, by fork and exec or by posix_spawn, does not hand its connections
// on.

using namespace bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::collector;
using support::options_for;
using support::run_until;
using testing::loopback_server;
using testing::script;
using testing::scripted_server;

namespace {

std::set<int> descriptors() {
    std::set<int> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        const int descriptor = std::stoi(entry.path().filename().string());
        if (::fcntl(descriptor, F_GETFD) != -1) // not the one of the directory itself
            found.insert(descriptor);
    }
    return found;
}

/// What of `descriptors()` a child would inherit, with what it is, but for those in `except`.
std::string inherited(const std::set<int>& except) {
    std::string list;
    for (const int descriptor : descriptors()) {
        if (except.count(descriptor) == 0 && (::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) == 0) {
            const auto path = "/proc/self/fd/" + std::to_string(descriptor);
            list += std::to_string(descriptor) + " " + std::filesystem::read_symlink(path).string() + "\n";
        }
    }
    return list;
}

/// What a child that is started now says of its own descriptors.
std::string seen_by_a_child() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    REQUIRE(posix_spawn_file_actions_init(&actions) == 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string program = "ls", option = "-l", folder = "/proc/self/fd";
    const std::array<char*, 4> arguments = {program.data(), option.data(), folder.data(), nullptr};
    pid_t child = 0;
    REQUIRE(posix_spawnp(&child, "ls", &actions, nullptr, arguments.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string text;
    std::array<char, 1024> piece;
    for (ssize_t size = 0; (size = ::read(ends[0], piece.data(), piece.size())) > 0;)
        text.append(piece.data(), static_cast<std::size_t>(size));
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    return text;
}

} // namespace

TEST_CASE("O21: every descriptor of a client, and of the servers, is closed on exec") {
    const support::blackhole hole("127.0.0.2");
    const auto before = descriptors();
    loopback_server server;
    scripted_server scripted;
    scripted.otherwise(script{}.expect_requests().send(support::session_response("warm")));
    asio::io_context context;
    client one(context, options_for(server));
    client other(context, options_for(scripted));
    support::warm_up(context, one);
    support::warm_up_with_session(context, other);
    // An attempt that goes on while the next address is tried.
    const auto resolver = std::make_shared<support::fake_resolver>();
    resolver->addresses = {hole.where()};
    client dialling(context, support::with_resolver(options_for(server), resolver));
    collector<session> results;
    dialling.try_get_session(session_id("s"))(results.next());
    run_until(context, [&] { return dialling.stats().connections_connecting == 1; });
    const auto now = descriptors();
    CHECK(now.size() >= before.size() + 2 + 2 + 2 + 1); // listeners, accepted, connected, dialling
    const auto list = inherited(before);
    CHECK_MESSAGE(list.empty(), list);
    dialling.close();
    results.wait(context);
}

TEST_CASE("O21: a child that is started while a client is connected has none of its sockets") {
    const auto before = support::count_of(seen_by_a_child(), "socket:");
    loopback_server server;
    asio::io_context context;
    client client(context, options_for(server));
    support::warm_up(context, client);
    const auto list = seen_by_a_child();
    CHECK_MESSAGE(support::count_of(list, "socket:") == before, list);
    support::warm_up(context, client);
    CHECK(client.stats().dials == 1);
}
