#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pool/fake_connection.hpp"
#include "support/random_numbers.hpp"

namespace test {

/// How a server ends a connection.
enum class ending : std::uint8_t { none, close_notify, fin, reset };

/// What a server sends for one request.
struct reply {
    std::string bytes;
    int status = 200;
    bool announced = false;      ///< it says that the connection closes
    ending then = ending::none;  ///< and so it ends
    bool ends_with_body = false; ///< the end of the stream is the end of the body
};

/// The server's side of one connection, and the network in between. What a server sends is first on its
/// way, then in the client's socket, and then the client reads it. These are three places, since the pool
/// is tested with what happens between them.
class server_side {
public:
    server_side(std::shared_ptr<fake_connection> link, support::random_numbers random)
        : link_(std::move(link)), random_(random) {
        if (random_.one_in(6)) {
            keep_alive_max_ = 1 + random_.pick(6);
            counts_down_ = random_.one_in(2);
        }
        link_->network_round_trip = std::chrono::microseconds(random_.pick(80));
    }
    server_side(const server_side&) = delete;
    server_side& operator=(const server_side&) = delete;

    fake_connection& link() const { return *link_; }
    bool is_open() const { return link_->phase() == phase::open; }

    // --- the server ---
    /// The status that it has responded with to the request at `index`, whether that has arrived or not; 0:
    /// it has not responded.
    int status_of(std::size_t index) const { return index < statuses_.size() ? statuses_[index] : 0; }
    /// Whether one of its responses has said that it closes: it has processed nothing behind that.
    bool announced() const { return announced_; }
    /// The request that it is to respond to next, or one behind that; empty where there is none.
    std::string due(std::size_t ahead = 0) const {
        const auto& all = link_->targets();
        const auto index = statuses_.size() + ahead;
        return finished_ || index >= all.size() ? std::string() : all[index];
    }
    bool responds_on() const { return !finished_; }
    /// Whether its responses say how many requests it takes.
    bool is_limited() const { return keep_alive_max_ != 0; }
    void respond(const reply& what) {
        statuses_.push_back(what.status);
        on_the_way_ += what.bytes;
        ends_with_body_ = ends_with_body_ || what.ends_with_body;
        announced_ = announced_ || what.announced;
        if (what.announced || what.then != ending::none) {
            finished_ = true;
            end_on_the_way_ = what.then;
        }
    }
    void respond_to_next() { respond(make_reply(due(), random_)); }
    /// Without any fault.
    void respond_well() {
        const auto body = due();
        auto head = "HTTP/1.1 200 OK\r\n" + keep_alive_fields();
        const bool last = takes_last();
        if (last)
            head += "Connection: close\r\n";
        respond({head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body, 200, last});
    }
    /// Something that is no response.
    void send(std::string_view bytes) { on_the_way_ += finished_ ? "" : bytes; }
    /// An end that is on its way already remains what it is.
    void end(ending how) {
        finished_ = true;
        if (end_on_the_way_ == ending::none)
            end_on_the_way_ = how;
    }
    /// It breaks down: what is on the way is lost.
    void break_down(ending how) {
        on_the_way_.clear();
        end_on_the_way_ = ending::none;
        // A close_notify would tell that a body is complete which ends with the connection.
        end(ends_with_body_ && how == ending::close_notify ? ending::fin : how);
    }

    // --- the network ---
    std::size_t on_the_way() const { return on_the_way_.size(); }
    void arrive(std::size_t bytes) {
        socket_.append(on_the_way_, 0, bytes);
        on_the_way_.erase(0, bytes);
        if (on_the_way_.empty())
            socket_end_ = std::max(socket_end_, std::exchange(end_on_the_way_, ending::none));
        into_socket();
    }
    void arrive() { arrive(on_the_way_.size()); }
    /// The server's last flight of the handshake.
    void handshake_arrives() {
        handshake_ = true;
        into_socket();
    }
    bool has_unread() const { return handshake_ || !socket_.empty() || socket_end_ != ending::none; }

    /// The client reads. In a cycle.
    void read() {
        link_->in_socket = nullptr;
        if (std::exchange(handshake_, false))
            link_->connected();
        if (!socket_.empty()) {
            const auto requests = link_->taken.targets().size();
            const auto bytes = std::exchange(socket_, {});
            link_->receive(bytes);
            if (keep_alive_max_ != 0 && link_->responses_read() != 0)
                bound(std::max<std::size_t>(keep_alive_max_, requests));
        }
        switch (std::exchange(socket_end_, ending::none)) {
        case ending::none:
            break;
        case ending::close_notify:
            link_->fin();
            break;
        case ending::fin:
            link_->truncated();
            break;
        case ending::reset:
            link_->reset();
            break;
        }
    }

    // --- a limit that the client must keep ---
    /// It may give no more requests than that to the connection.
    void bound(std::size_t requests) { bound_ = std::min(bound_, requests); }
    std::size_t bound() const { return bound_; }

    reply make_reply(const std::string& target, support::random_numbers& random) const {
        constexpr int statuses[] = {404, 408, 421, 425, 429, 500, 503};
        reply made;
        if (random.one_in(6))
            made.status = statuses[random.pick(7)];
        made.announced = random.one_in(14) || (made.status == 408 && random.one_in(2));
        std::string head;
        if (random.one_in(25))
            head = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
        const bool old = random.one_in(300);
        head += (old ? "HTTP/1.0 " : "HTTP/1.1 ") + std::to_string(made.status) + " X\r\n";
        head += keep_alive_fields();
        if (takes_last()) {
            made.announced = made.announced || random.one_in(2);
            made.then = ending::close_notify;
        }
        head += made.announced ? "Connection: close\r\n" : old ? "Connection: keep-alive\r\n" : "";
        if (made.announced && random.one_in(2))
            made.then = random.one_in(2) ? ending::close_notify : ending::reset;
        if ((made.status == 429 || made.status == 503) && random.one_in(2))
            head += "Retry-After: " + std::to_string(random.pick(3)) + "\r\n";
        auto body = target;
        if (random.one_in(150))
            body += "|" + std::string(60'000 + random.pick(300'000), '.');
        if (random.one_in(40)) {
            made.then = random.one_in(4) ? ending::fin : ending::close_notify;
            made.ends_with_body = true;
            made.bytes = head + "\r\n" + body;
        } else if (!old && random.one_in(3)) {
            const auto cut = random.pick(static_cast<unsigned>(body.size()));
            made.bytes = head + "Transfer-Encoding: chunked\r\n\r\n";
            for (const auto& piece : {body.substr(0, cut), body.substr(cut)})
                if (!piece.empty())
                    made.bytes += to_hex(piece.size()) + "\r\n" + piece + "\r\n";
            made.bytes += "0\r\n\r\n";
        } else {
            made.bytes = head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        }
        return made;
    }

private:
    void into_socket() {
        if (has_unread())
            link_->in_socket = [this](fake_connection&) { read(); };
    }
    // Whether the next response is to the last request that it takes.
    bool takes_last() const { return keep_alive_max_ != 0 && statuses_.size() + 1 >= keep_alive_max_; }
    std::string keep_alive_fields() const {
        if (keep_alive_max_ == 0)
            return {};
        const auto used = counts_down_ ? std::min<std::size_t>(statuses_.size(), keep_alive_max_) : 0;
        return "Keep-Alive: timeout=60, max=" + std::to_string(keep_alive_max_ - used) + "\r\n";
    }
    static std::string to_hex(std::size_t value) {
        std::string digits;
        for (; value != 0; value /= 16)
            digits.insert(digits.begin(), "0123456789abcdef"[value % 16]);
        return digits;
    }

    std::shared_ptr<fake_connection> link_;
    support::random_numbers random_;
    unsigned keep_alive_max_ = 0;
    bool counts_down_ = false; // or says the same number each time
    std::vector<int> statuses_;
    bool announced_ = false;
    bool ends_with_body_ = false;
    bool finished_ = false; // it responds to nothing more
    std::string on_the_way_;
    ending end_on_the_way_ = ending::none;
    bool handshake_ = false;
    std::string socket_;
    ending socket_end_ = ending::none;
    std::size_t bound_ = std::numeric_limits<std::size_t>::max();
};

} // namespace test
