#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace bandwidth::webrtc::bulk::test {

/// Stands between a client and a service, and can break off all connections: so a service can go away and come back
/// with all that it keeps. It runs on a thread of its own; all functions may be called from any thread.
class breakable_proxy {
public:
    explicit breakable_proxy(std::uint16_t service)
        : service_(boost::asio::ip::make_address("127.0.0.1"), service)
        , acceptor_(context_, {boost::asio::ip::make_address("127.0.0.1"), 0})
        , port_(acceptor_.local_endpoint().port())
        , thread_([this] { context_.run(); }) {
        boost::asio::post(
            context_, [this] { accept(); });
    }
    breakable_proxy(const breakable_proxy&) = delete;
    breakable_proxy& operator=(const breakable_proxy&) = delete;
    ~breakable_proxy() {
        context_.stop();
        thread_.join();
    }

    /// "https://localhost:PORT" and the path.
    std::string url(const std::string& path) const {
        return "https://localhost:" + std::to_string(port_) + path;
    }

    /// Resets all connections, and from now on those that come, too.
    void break_off() {
        boost::asio::post(
            context_,
            [this] {
                broken_ = true;
                for (auto& one : links_)
                    if (const auto open = one.lock())
                        open->reset();
                links_.clear();
            });
    }
    void mend() {
        boost::asio::post(
            context_, [this] { broken_ = false; });
    }

    /// How many connections were reset as they came.
    std::size_t refused() const {
        const std::lock_guard held(mutex_);
        return refused_;
    }
    /// \return whether there were so many within a minute
    bool wait_for_refused(std::size_t count) const {
        std::unique_lock held(mutex_);
        return changed_.wait_for(held, std::chrono::minutes(1), [&] { return refused_ >= count; });
    }

private:
    using tcp = boost::asio::ip::tcp;
    using error = boost::system::error_code;

    // A connection of a client and the one to the service.
    struct link : std::enable_shared_from_this<link> {
        explicit link(tcp::socket from) : client(std::move(from)), service(client.get_executor()) {}

        void copy(tcp::socket& from, tcp::socket& to, std::array<char, 16'384>& buffer) {
            from.async_read_some(
                boost::asio::buffer(buffer),
                [self = shared_from_this(), &from, &to, &buffer](error failed, std::size_t size) {
                    if (failed)
                        return self->reset();
                    boost::asio::async_write(
                        to, boost::asio::buffer(buffer, size),
                        [self, &from, &to, &buffer](error not_written, std::size_t) {
                            if (not_written)
                                return self->reset();
                            self->copy(from, to, buffer);
                        });
                });
        }
        void reset() {
            for (auto* const one : {&client, &service}) {
                error ignored;
                one->set_option(tcp::socket::linger(true, 0), ignored);
                one->close(ignored);
            }
        }

        tcp::socket client;
        tcp::socket service;
        std::array<char, 16'384> up{};
        std::array<char, 16'384> down{};
    };

    void accept() {
        acceptor_.async_accept([this](error failed, tcp::socket from) {
            if (failed)
                return;
            const auto made = std::make_shared<link>(std::move(from));
            if (broken_) {
                made->reset();
                const std::lock_guard held(mutex_);
                ++refused_;
                changed_.notify_all();
            } else {
                links_.push_back(made);
                made->service.async_connect(
                    service_,
                    [made](error not_connected) {
                        if (not_connected)
                            return made->reset();
                        made->copy(made->client, made->service, made->up);
                        made->copy(made->service, made->client, made->down);
                    });
            }
            accept();
        });
    }

    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{context_.get_executor()};
    tcp::endpoint service_;
    tcp::acceptor acceptor_;
    std::uint16_t port_;
    bool broken_ = false;
    std::list<std::weak_ptr<link>> links_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::size_t refused_ = 0;
    std::thread thread_;
};

} // namespace bandwidth::webrtc::bulk::test
