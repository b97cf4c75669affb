// The journal of a process that ends while it writes, and of one whose disk is full.
#include "bulk/journal/journal_writer.hpp"
#include "bulk/journal_model.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

using namespace bandwidth::webrtc::bulk;
using test::journal_model;
using test::small_header;
using test::temporary_folder;
using test::text_of;

namespace {

// Runs `body` in a child, whose status is 0 when that gives true, and which destroys nothing of the parent's.
template <class Body>
pid_t in_journal_child(Body body) {
    const auto child = fork();
    REQUIRE(child != -1);
    if (child != 0)
        return child;
    alarm(60); // rather than to hang
    bool good = false;
    try {
        good = body();
    } catch (const std::exception&) { // told by the status
    }
    _exit(good ? 0 : 1);
}

int status_of(pid_t child) {
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    return status;
}

std::string session_name(std::uint64_t number) { return "id of " + std::to_string(number); }

// What one thread of the child does until it is killed: tells each number over the pipe once it is in
// the journal.
void write_and_tell(journal_writer& writer, std::uint64_t first, int pipe) {
    for (std::uint64_t number = first; number < 10'000'000; number += 2) {
        if (!writer.created(thing_kind::session, number, session_name(number)))
            return;
        if (::write(pipe, &number, sizeof number) != sizeof number)
            return;
    }
}

} // namespace

TEST_CASE("journal: lists all that a process had written when it was killed") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    auto header = small_header();
    header.sessions = 10'000'000;
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    const auto child = in_journal_child([&] {
        const auto writer = journal_writer::create(path, header);
        std::thread other(write_and_tell, std::ref(*writer), 1, ends[1]);
        write_and_tell(*writer, 0, ends[1]);
        other.join();
        return true;
    });
    close(ends[1]);
    std::set<std::uint64_t> told;
    std::uint64_t number = 0;
    // Records of eight bytes are written to a pipe whole, and read whole.
    while (::read(ends[0], &number, sizeof number) == sizeof number) {
        told.insert(number);
        if (told.size() == 5000)
            CHECK(kill(child, SIGKILL) == 0);
    }
    close(ends[0]);
    const int status = status_of(child);
    CHECK(WIFSIGNALED(status));
    REQUIRE(told.size() >= 5000);

    const auto read = read_journal(path);
    const auto& existing = read.of(thing_kind::session).existing;
    std::size_t missing = 0;
    for (const auto one : told) {
        const auto found = existing.find(one);
        missing += found == existing.end() || found->second != session_name(one);
    }
    CHECK(missing == 0);
    CHECK(existing.size() <= told.size() + 2); // each thread may have written one more, and not told it
    CHECK_FALSE(read.ended);
    CHECK(journal_writer::append_to(path, read)->end()); // the lock has ended with the process
    CHECK(read_journal(path).ended);
}

TEST_CASE("journal: a second process is refused while the first one writes") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    const auto open_by_another = [&] {
        return status_of(in_journal_child([&] {
            try {
                return journal_writer::append_to(path, read_journal(path))->phase(1);
            } catch (const std::runtime_error& error) {
                _exit(std::string_view(error.what()).ends_with("another process is writing it") ? 77 : 78);
            }
        }));
    };
    auto writer = journal_writer::create(path, small_header());
    const int refused = open_by_another();
    CHECK(WIFEXITED(refused));
    CHECK(WEXITSTATUS(refused) == 77);
    CHECK(writer->phase(2));
    writer.reset();
    CHECK(open_by_another() == 0);
    CHECK(read_journal(path).phase == 1);
}

TEST_CASE("journal: when the disk is full, nothing is written behind the line that did not fit") {
    // By how much the last line is too long for the file: in part, all but its end, and not one byte
    // of it fits.
    for (const rlim_t missing : {rlim_t{10}, rlim_t{1}, rlim_t{23}}) {
        CAPTURE(missing);
        const temporary_folder folder;
        const auto path = folder.file("journal");
        journal_model model(small_header());
        model.created(thing_kind::session, 1, "a");
        model.created(thing_kind::session, 2, "b");
        const rlim_t most = model.text.size() + 23 - missing;
        const auto child = in_journal_child([&] {
            std::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{most, most};
            if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
                return false;
            const auto writer = journal_writer::create(path, small_header());
            if (!writer->created(thing_kind::session, 1, "a") ||
                !writer->created(thing_kind::session, 2, "b") || writer->error())
                return false;
            if (writer->created(thing_kind::session, 3, "twelve-bytes")) // a line of 23 bytes
                return false;
            const auto why = writer->error();
            const auto before = text_of(path);
            // Shorter ones, which might fit.
            const bool silent = !writer->end() && !writer->deleted(thing_kind::session, 1) &&
                                !writer->life(1) && !writer->sync() && text_of(path) == before;
            return silent && writer->error() == why &&
                   why == (missing == 23 ? std::errc::file_too_large : std::errc::no_space_on_device);
        });
        CHECK(status_of(child) == 0);
        CHECK(text_of(path).size() == most);
        const auto read = read_journal(path);
        CHECK(read == model.expected);
        // There is room again.
        CHECK(journal_writer::append_to(path, read)->end());
        CHECK(text_of(path) == model.text + "end\n");
    }
}

TEST_CASE("journal: none is left where not even its head could be written") {
    const temporary_folder folder;
    const auto path = folder.file("journal");
    const auto child = in_journal_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{50, 50};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            return false;
        try {
            journal_writer::create(path, small_header());
            return false;
        } catch (const std::runtime_error& error) {
            return std::string_view(error.what()).ends_with("No space left on device");
        }
    });
    CHECK(status_of(child) == 0);
    CHECK_FALSE(std::filesystem::exists(path));
}
