#include <unistd.h>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/child_process.hpp"

namespace {

namespace testing = bandwidth::webrtc::testing;
using namespace std::chrono_literals;

// Two files in a folder that is deleted, and a service.
class from_file {
public:
    explicit from_file(const testing::loopback_options& options = {}) : server(options) {
        REQUIRE(mkdtemp(folder_.data()) != nullptr);
        std::ofstream(folder_ + "/ca.pem") << server.ca_pem();
    }
    from_file(const from_file&) = delete;
    from_file& operator=(const from_file&) = delete;
    ~from_file() { std::filesystem::remove_all(folder_); }

    std::string tags() const { return folder_ + "/tags"; }
    std::string ids() const { return folder_ + "/ids"; }
    void write_tags(int count) const {
        std::ofstream out(tags());
        for (int number = 0; number < count; ++number)
            out << "room " << number << "\n\n"; // with a space, and an empty line behind it
    }
    support::child_process start(const std::string& limit = "8", int reads = STDOUT_FILENO) const {
        return support::child_process(
            {CREATE_SESSIONS_FROM_FILE, tags(), ids(), limit},
            {"BW_ACCOUNT_ID=" + server.account(), "BW_USERNAME=" + server.username(),
             "BW_PASSWORD=" + server.password(), "BANDWIDTH_WEBRTC_CALL_CONTROL_URL=" + server.base_url(),
             "SSL_CERT_FILE=" + folder_ + "/ca.pem"},
            {reads, {}, {}});
    }
    // The lines of the file with the ids, which are all different.
    std::size_t written() const {
        std::ifstream in(ids());
        std::set<std::string> lines;
        std::size_t count = 0;
        for (std::string line; std::getline(in, line); ++count)
            lines.insert(line);
        CHECK(lines.size() == count);
        return count;
    }

    testing::loopback_server server;

private:
    std::string folder_ = "/tmp/create_sessions_test_XXXXXX";
};

} // namespace

TEST_CASE("create_sessions_from_file: each line gets a session, and a second run has nothing left to do") {
    const from_file files;
    files.write_tags(200);
    auto first = files.start();
    CHECK(first.wait() == 0);
    CHECK(first.text().starts_with("200 created in "));
    CHECK(files.written() == 200);
    CHECK(files.server.session_count() == 200);
    auto second = files.start();
    CHECK(second.wait() == 0);
    CHECK(second.text().starts_with("0 created in "));
    CHECK(second.text().find("200 had an id before") != std::string::npos);
    CHECK(files.server.session_count() == 200);
}

TEST_CASE("create_sessions_from_file: it needs no account, since it brings a service of its own") {
    const from_file files;
    files.write_tags(20);
    support::child_process alone({CREATE_SESSIONS_FROM_FILE, files.tags(), files.ids()});
    CHECK(alone.wait() == 0);
    CHECK(files.written() == 20);
    CHECK(files.server.session_count() == 0);
}

TEST_CASE("create_sessions_from_file: a signal stops it with no id lost, and the next run does the rest") {
    const from_file files(testing::loopback_options{}.delay(5ms));
    files.write_tags(2000);
    auto stopped = files.start("4");
    while (files.server.session_count() < 20)
        std::this_thread::yield();
    stopped.signal(SIGINT);
    CHECK(stopped.wait() == 1);
    CHECK(stopped.text().find(", 0 failed, ") != std::string::npos);
    CHECK(stopped.text().find("the same command goes on") != std::string::npos);
    const auto made = files.written();
    CHECK(made < 2000);
    CHECK(made == files.server.session_count());
    auto rest = files.start("100");
    CHECK(rest.wait() == 0);
    CHECK(files.written() == 2000);
    CHECK(files.server.session_count() == 2000);
}

TEST_CASE(
    "create_sessions_from_file: a refused tag is passed over, another failure stops it, and both tell") {
    from_file files;
    std::ofstream(files.tags()) << "first\n" << std::string(51, 'x') << "\nlast\n";
    auto refused = files.start("1");
    CHECK(refused.wait() == 1);
    CHECK(refused.text().starts_with("2 created in "));
    CHECK(refused.text().find("1 failed") != std::string::npos);
    CHECK(files.server.session_count() == 2);

    files.write_tags(100);
    files.server.inject(testing::fault{}.on("POST").after(10).always().respond(403));
    auto forbidden = files.start("2");
    CHECK(forbidden.wait() == 1);
    CHECK(forbidden.text().starts_with("10 created in "));
    CHECK(forbidden.text().find("stopped before the end") != std::string::npos);
    CHECK(files.written() == files.server.session_count());
}

TEST_CASE("create_sessions_from_file: it tells which session may exist without an id, and only of those") {
    from_file files;
    files.write_tags(3);
    files.server.inject(testing::fault{}.on("POST").after(1).times(1).close_before_response());
    auto lost = files.start("1", STDERR_FILENO);
    CHECK(lost.wait() == 1);
    CHECK(lost.text().find("line 3, room 1, may exist: ") != std::string::npos);
    CHECK(files.written() == 1);

    files.server.inject(testing::fault{}.on("POST").times(1).respond(403));
    auto forbidden = files.start("1", STDERR_FILENO);
    CHECK(forbidden.wait() == 1);
    CHECK(forbidden.text().find("line 3, room 1: ") != std::string::npos);
    CHECK(forbidden.text().find("may exist") == std::string::npos);
}

TEST_CASE("create_sessions_from_file: it says what is wrong before anything is created") {
    const from_file files;
    auto no_file = files.start();
    CHECK(no_file.wait() == 1);
    files.write_tags(3);
    auto no_limit = files.start("0");
    CHECK(no_limit.wait() == 2);
    std::ofstream(files.ids()) << "room 0 0f1c2d"; // without its line end: it was cut off
    auto cut_off = files.start();
    CHECK(cut_off.wait() == 1);
    CHECK(files.server.session_count() == 0);
}
