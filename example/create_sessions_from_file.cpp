// Creates a session for each line of a file, many at a time, and writes each line's id to another file as it
// comes.
//
//     seq -f room-%.0f 100000 > tags
//     create_sessions_from_file tags ids [LIMIT]
//
// A line of `tags` is a session's tag; empty lines are passed over. A line of `ids` is a tag, a space and the
// id of its session. Tags that have an id there already are skipped, so the same command goes on where an
// earlier one ended. LIMIT is how many calls, and connections, there are at a time (32).
//
// A failure whose request may have reached the service says that the session may exist: it has no id in
// `ids`, and the same command creates another one for its line.
//
// Ctrl-C, or SIGTERM, stops it: nothing more begins, and those sessions are waited for that may have been
// created, so that no id is lost. A second one gives up waiting.
// Exit status: 0 when every line has an id, 1 when not, 2 when it is called in a wrong way.
#include <bandwidth/webrtc.hpp>
#include <bandwidth/webrtc/for_each_bounded.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "service.hpp"

namespace asio = boost::asio;
namespace webrtc = bandwidth::webrtc;

namespace {

using tag_counts = std::unordered_map<std::string, std::size_t>; // a tag may stand in several lines

struct line {
    std::size_t number = 0;
    std::string tag;
};

/// The lines of a file that have no id yet: an input range, which reads a line when it is asked for the next
/// one.
class lines_to_do {
public:
    class iterator {
    public:
        using difference_type = std::ptrdiff_t;
        using value_type = line;

        iterator() = default;
        explicit iterator(lines_to_do& lines) noexcept : lines_(&lines) {}
        const line& operator*() const noexcept { return lines_->current_; }
        iterator& operator++() {
            lines_->read();
            return *this;
        }
        void operator++(int) { lines_->read(); }
        friend bool operator==(const iterator& here, std::default_sentinel_t) { return here.at_end(); }

    private:
        bool at_end() const { return !lines_->in_; }

        lines_to_do* lines_ = nullptr;
    };

    lines_to_do(const std::string& path, tag_counts made) : in_(path), made_(std::move(made)) {
        if (!in_)
            throw std::runtime_error("cannot read " + path);
    }
    iterator begin() {
        read();
        return iterator(*this);
    }
    std::default_sentinel_t end() const noexcept { return {}; }
    std::size_t skipped() const noexcept { return skipped_; }

private:
    void read() {
        while (std::getline(in_, current_.tag)) {
            ++current_.number;
            if (current_.tag.empty())
                continue;
            const auto made = made_.find(current_.tag);
            if (made == made_.end() || made->second == 0)
                return;
            --made->second;
            ++skipped_;
        }
        if (in_.bad())
            throw std::runtime_error("cannot read on behind line " + std::to_string(current_.number));
    }

    std::ifstream in_;
    tag_counts made_;
    line current_;
    std::size_t skipped_ = 0;
};

/// What an earlier run has written.
tag_counts read_ids(const std::string& path) {
    tag_counts made;
    std::ifstream in(path);
    std::string text;
    while (std::getline(in, text)) {
        const auto space = text.rfind(' ');
        if (in.eof() || space == std::string::npos)
            throw std::runtime_error("a line of " + path + " is not a tag and an id: " + text);
        ++made[text.substr(0, space)];
    }
    return made;
}

/// Writes ids, and tells on standard error how it goes.
class ids_file {
public:
    explicit ids_file(const std::string& path) : out_(path, std::ios::app) {
        if (!out_)
            throw std::runtime_error("cannot write " + path);
    }

    asio::cancellation_type add(const webrtc::bounded_result<line, webrtc::session>& one) {
        const auto& [number, tag] = one.item;
        tell(one.progress);
        if (one.outcome) {
            // Flushed, since an id that is lost is a session that nobody can delete.
            if (out_ << tag << ' ' << one.outcome->id() << std::endl)
                return asio::cancellation_type::none;
            std::cerr << "cannot write: " << tag << ' ' << one.outcome->id() << '\n';
            return asio::cancellation_type::total;
        }
        const webrtc::failure& why = one.outcome.error();
        if (why.code() == webrtc::errc::cancelled && why.delivery() == webrtc::delivery::not_sent) {
            ++withdrawn_;
            return asio::cancellation_type::none;
        }
        const bool may_exist = why.delivery() == webrtc::delivery::maybe_processed;
        std::cerr << "line " << number << ", " << tag << (may_exist ? ", may exist: " : ": ") << why << '\n';
        // Its tag was refused; that says nothing of the others. Whatever else has outlived the call's retries
        // would happen to the next ones too.
        const bool refused = why.code() == webrtc::errc::invalid_argument || why.http_status() == 400;
        return refused ? asio::cancellation_type::none : asio::cancellation_type::total;
    }

    /// How many calls a stop has ended before they were sent: as if they had not begun.
    std::size_t withdrawn() const noexcept { return withdrawn_; }

private:
    void tell(const webrtc::bounded_progress& progress) {
        const auto now = std::chrono::steady_clock::now();
        if (now - told_ < std::chrono::seconds(1))
            return;
        told_ = now;
        std::cerr << progress.succeeded << " created, " << progress.failed << " failed\n";
    }

    std::ofstream out_;
    std::size_t withdrawn_ = 0;
    std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

asio::awaitable<void> create_all(webrtc::client client, lines_to_do& lines, std::size_t limit, ids_file& ids,
                                 asio::cancellation_signal& stop, asio::signal_set& signals, bool& complete) {
    const auto began = std::chrono::steady_clock::now();
    const auto create = [&client](const line& one) {
        return client.try_create_session(webrtc::session_request{}.tag(one.tag));
    };
    const auto add = [&ids](const auto& one) { return ids.add(one); };
    const auto done =
        co_await webrtc::for_each_bounded(client.get_executor(), lines, limit, create, add,
                                          asio::bind_cancellation_slot(stop.slot(), asio::use_awaitable));
    signals.cancel();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    complete = done.reached_end && done.failed == 0;
    std::cout << done.succeeded << " created in " << took.count() << " s, " << done.failed - ids.withdrawn()
              << " failed, " << lines.skipped() << " had an id before\n";
    if (!done.reached_end)
        std::cout << "stopped before the end: the same command goes on\n";
    co_await client.drain();
}

void stop_at_signal(asio::signal_set& signals, asio::cancellation_signal& stop, asio::cancellation_type how) {
    signals.async_wait([&signals, &stop, how](const boost::system::error_code& cancelled, int) {
        if (cancelled)
            return;
        std::cerr << "stopping; once more gives up what is under way\n";
        stop_at_signal(signals, stop, asio::cancellation_type::terminal);
        stop.emit(how);
    });
}

bool run(const std::string& tags_path, const std::string& ids_path, std::size_t limit) {
    lines_to_do lines(tags_path, read_ids(ids_path));
    ids_file ids(ids_path);
    const example::service service;
    asio::io_context context(1);
    asio::signal_set signals(context, SIGINT, SIGTERM);
    asio::cancellation_signal stop;
    stop_at_signal(signals, stop, asio::cancellation_type::total);
    // Each call is a POST, and has a connection to itself.
    auto options = webrtc::client_options(service.options()).max_connections(limit).single_threaded(true);
    bool complete = false;
    asio::co_spawn(context,
                   create_all(webrtc::client(context, options), lines, limit, ids, stop, signals, complete),
                   [](std::exception_ptr thrown) {
                       if (thrown)
                           std::rethrow_exception(thrown);
                   });
    context.run();
    return complete;
}

} // namespace

int main(int argc, char** argv) {
    std::size_t limit = 32;
    const std::string_view given = argc == 4 ? argv[3] : "32";
    const auto [end, wrong] = std::from_chars(given.data(), given.data() + given.size(), limit);
    if (argc < 3 || argc > 4 || wrong != std::errc() || end != given.data() + given.size() || limit == 0) {
        std::cerr << "usage: " << argv[0] << " TAGS IDS [LIMIT]\n";
        return 2;
    }
    try {
        return run(argv[1], argv[2], limit) ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "failed: " << error.what() << '\n';
    }
    return 1;
}
