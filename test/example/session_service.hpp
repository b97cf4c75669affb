#pragma once

#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "support/child_process.hpp"

// The example session_service as a process, and what stands behind it.
namespace test_example {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace testing = bandwidth::webrtc::testing;
using support::child_process;

/// A file that lives as long as the object.
class temporary_file {
public:
    explicit temporary_file(const std::string& text) {
        const int made = mkstemp(path_.data());
        REQUIRE(made != -1);
        close(made);
        write(text);
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() { unlink(path_.c_str()); }

    void write(const std::string& text) { std::ofstream(path_) << text; }
    const std::string& path() const { return path_; }

private:
    std::string path_ = "/tmp/session_service_test_XXXXXX";
};

/// A loopback service in this process, as the environment of a program names it.
class service {
public:
    service() : service(testing::loopback_options()) {}
    explicit service(const testing::loopback_options& options)
        : server_(options), ca_file_(server_.ca_pem()) {}

    testing::loopback_server& server() { return server_; }
    std::vector<std::string> environment() const {
        return {"BW_ACCOUNT_ID=" + server_.account(), "BW_USERNAME=" + server_.username(),
                "BW_PASSWORD=" + server_.password(),
                "BANDWIDTH_WEBRTC_CALL_CONTROL_URL=" + server_.base_url(),
                "SSL_CERT_FILE=" + ca_file_.path()};
    }

private:
    testing::loopback_server server_;
    temporary_file ca_file_;
};

/// A connection to session_service.
class caller {
public:
    explicit caller(unsigned short port) {
        socket_.connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port));
    }

    void send(http::verb method, const std::string& target, const std::string& body = {},
              const std::string& traceparent = {}) {
        http::request<http::string_body> request(method, target, 11);
        request.set(http::field::host, "127.0.0.1");
        if (!traceparent.empty()) {
            request.set("traceparent", traceparent);
            request.set("tracestate", "vendor=1");
            request.set("baggage", "secret=1");
        }
        request.body() = body;
        request.prepare_payload();
        http::write(socket_, request);
    }
    http::response<http::string_body> receive() {
        http::response<http::string_body> response;
        http::read(socket_, buffer_, response);
        return response;
    }
    http::response<http::string_body> call(http::verb method, const std::string& target,
                                           const std::string& body = {},
                                           const std::string& traceparent = {}) {
        send(method, target, body, traceparent);
        return receive();
    }
    /// Whether the service has closed the connection.
    bool hung_up() {
        boost::system::error_code ec;
        http::response<http::string_body> response;
        http::read(socket_, buffer_, response, ec);
        return ec == http::error::end_of_stream;
    }

private:
    asio::io_context context_;
    asio::ip::tcp::socket socket_{context_};
    boost::beast::flat_buffer buffer_;
};

/// session_service, which stops without notice unless the options say otherwise.
class session_service : public child_process {
public:
    explicit session_service(const std::vector<std::string>& environment = {},
                             const std::vector<std::string>& options = {})
        : child_process(words(options), environment)
        , port_(static_cast<unsigned short>(std::stoi(line("listening on http://127.0.0.1:")))) {}

    unsigned short port() const { return port_; }

private:
    static std::vector<std::string> words(const std::vector<std::string>& options) {
        std::vector<std::string> all = {SESSION_SERVICE, "--port", "0", "--notice", "0"};
        all.insert(all.end(), options.begin(), options.end());
        return all;
    }

    unsigned short port_;
};

/// session_service, and one connection to it.
class called_service : public session_service, public caller {
public:
    explicit called_service(const std::vector<std::string>& environment = {},
                            const std::vector<std::string>& options = {})
        : session_service(environment, options), caller(port()) {}
};

inline constexpr const char* two_people = R"({"name": "standup", "participants": ["alice", "bob"]})";
inline constexpr const char* nobody_in_it = R"({"name": "empty", "participants": []})";

} // namespace test_example
