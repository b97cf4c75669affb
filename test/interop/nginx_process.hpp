#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bandwidth/webrtc/testing/certificate.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace interop {

/// Where nginx is; empty when it is not installed.
inline std::string find_nginx() {
    for (const char* const path : {"/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"})
        if (::access(path, X_OK) == 0)
            return path;
    return {};
}

/// An nginx of our own: TLS on a free port, a certificate made for it, everything in a temporary folder.
///
/// It responds to `GET .../sessions/{id}` with that id in the body, and logs for each request its id, its
/// number on its connection, and whether it was pipelined.
class nginx_process {
public:
    /// \param keepalive_requests after this many requests nginx responds with `Connection: close`
    nginx_process(const std::string& program, int keepalive_requests)
        : folder_(make_folder()), port_(free_port()) {
        namespace testing = bandwidth::webrtc::testing;
        const auto shown = authority_.issue(testing::certificate_options{}.dns_name("localhost"));
        write("certificate.pem", shown.chain_pem());
        write("key.pem", shown.private_key_pem());
        write("nginx.conf", configuration(keepalive_requests));
        start(program);
        wait_until_it_listens();
    }

    ~nginx_process() {
        stop();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    nginx_process(const nginx_process&) = delete;
    nginx_process& operator=(const nginx_process&) = delete;

    std::string base_url() const { return "https://localhost:" + std::to_string(port_) + "/v1"; }
    const std::string& ca_pem() const { return authority_.pem(); }

    /// Ends nginx, which writes its log.
    void stop() {
        if (process_ > 0) {
            ::kill(process_, SIGQUIT);
            ::waitpid(process_, nullptr, 0);
            process_ = -1;
        }
    }

    /// What nginx saw. Only complete after `stop`.
    struct traffic {
        std::size_t requests = 0;
        std::size_t pipelined = 0; ///< that had been read together with the one before (nginx: $pipe is "p")
        std::size_t connections = 0;
        std::size_t most_on_one_connection = 0;
    };
    traffic read_log() const {
        traffic seen;
        std::ifstream log(folder_ / "access.log");
        std::string pipe;
        std::size_t number = 0;
        while (log >> pipe >> number) {
            ++seen.requests;
            seen.pipelined += pipe == "p" ? 1U : 0U;
            seen.connections += number == 1 ? 1U : 0U;
            seen.most_on_one_connection = std::max(seen.most_on_one_connection, number);
        }
        return seen;
    }

private:
    static std::filesystem::path make_folder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "bandwidth_webrtc_nginx_XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("cannot make a temporary folder");
        return pattern;
    }

    static std::uint16_t free_port() {
        boost::asio::io_context context;
        const boost::asio::ip::tcp::acceptor taken(context, {boost::asio::ip::address_v4::loopback(), 0});
        return taken.local_endpoint().port();
    }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream file(folder_ / name);
        file << text;
        if (!file.flush())
            throw std::runtime_error("cannot write " + name);
    }

    std::string configuration(int keepalive_requests) const {
        std::ostringstream out;
        out << "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log;\n"
               "events { worker_connections 256; }\n"
               "http {\n"
               "  log_format wire '$pipe $connection_requests';\n"
               "  access_log access.log wire buffer=64k;\n";
        for (const char* const kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
            out << "  " << kind << "_temp_path " << kind << ";\n";
        out << "  keepalive_requests " << keepalive_requests
            << ";\n"
               "  server {\n"
               "    listen 127.0.0.1:"
            << port_
            << " ssl;\n"
               "    ssl_certificate certificate.pem;\n"
               "    ssl_certificate_key key.pem;\n"
               "    ssl_protocols TLSv1.2 TLSv1.3;\n"
               "    default_type application/json;\n"
               "    location ~ ^/v1/accounts/9900000/sessions/(?<session>[a-z0-9-]+)$ {\n"
               "      return 200 '{\"id\":\"$session\",\"tag\":\"$connection_requests\"}';\n"
               "    }\n"
               "  }\n"
               "}\n";
        return out.str();
    }

    void start(const std::string& program) {
        const auto prefix = folder_.string() + "/";
        const auto errors = (folder_ / "stderr.txt").string();
        process_ = ::fork();
        if (process_ < 0)
            throw std::runtime_error("cannot fork");
        if (process_ == 0) {
            const int out = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
            if (out >= 0)
                ::dup2(out, 2);
            ::execl(program.c_str(), program.c_str(), "-p", prefix.c_str(), "-c", "nginx.conf", "-e",
                    "error.log", static_cast<char*>(nullptr));
            ::_exit(127);
        }
    }

    void wait_until_it_listens() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        boost::asio::io_context context;
        while (std::chrono::steady_clock::now() < end) {
            boost::asio::ip::tcp::socket probe(context);
            boost::system::error_code error;
            probe.connect({boost::asio::ip::address_v4::loopback(), port_}, error);
            if (!error)
                return;
            if (::waitpid(process_, nullptr, WNOHANG) == process_) {
                process_ = -1;
                break;
            }
            std::this_thread::yield();
        }
        std::ostringstream why;
        why << std::ifstream(folder_ / "stderr.txt").rdbuf() << std::ifstream(folder_ / "error.log").rdbuf();
        stop();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
        throw std::runtime_error("nginx did not start: " + why.str());
    }

    bandwidth::webrtc::testing::certificate_authority authority_;
    std::filesystem::path folder_;
    std::uint16_t port_;
    ::pid_t process_ = -1;
};

} // namespace interop
