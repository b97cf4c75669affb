#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bandwidth/webrtc/testing/certificate.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace interop {

/// Where a server's program is; empty when it is not installed.
inline std::string find_program(const std::string& name) {
    for (const char* const folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/"})
        if (::access((folder + name).c_str(), X_OK) == 0)
            return folder + name;
    return {};
}

inline std::uint16_t free_port() {
    boost::asio::io_context context;
    const boost::asio::ip::tcp::acceptor taken(context, {boost::asio::ip::address_v4::loopback(), 0});
    return taken.local_endpoint().port();
}

/// A server that we did not write, in a process of its own: TLS on a free port of 127.0.0.1, a certificate for
/// "localhost" made for it, everything in a temporary folder.
class server_process {
public:
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    std::string origin() const { return "https://localhost:" + std::to_string(port_); }
    const std::string& ca_pem() const { return authority_.pem(); }
    std::string ca_file() const { return (folder_ / "ca.pem").string(); }

    /// Ends the server, and waits for that.
    void stop() {
        if (process_ > 0) {
            ::kill(process_, end_signal_);
            ::waitpid(process_, nullptr, 0);
            process_ = -1;
        }
    }

protected:
    /// \param end_signal after which the server ends in good order
    explicit server_process(int end_signal)
        : folder_(make_folder())
        , shown_(authority_.issue(bandwidth::webrtc::testing::certificate_options{}.dns_name("localhost")))
        , port_(free_port())
        , end_signal_(end_signal) {
        write("ca.pem", ca_pem());
    }
    ~server_process() {
        stop();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    const std::filesystem::path& folder() const { return folder_; }
    const bandwidth::webrtc::testing::certificate& shown() const { return shown_; }
    std::uint16_t port() const { return port_; }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream file(folder_ / name);
        file << text;
        if (!file.flush())
            throw std::runtime_error("cannot write " + name);
    }

    /// Starts the program, and returns when it listens.
    void start(std::vector<std::string> command) {
        const auto errors = (folder_ / "stderr.txt").string();
        std::vector<char*> arguments;
        for (auto& each : command)
            arguments.push_back(each.data());
        arguments.push_back(nullptr);
        process_ = ::fork();
        if (process_ < 0)
            throw std::runtime_error("cannot fork");
        if (process_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL); // the server ends also where the test is killed
            const int out = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
            if (out >= 0)
                ::dup2(out, 2);
            ::execv(arguments.front(), arguments.data());
            ::_exit(127);
        }
        wait_until_it_listens(command.front());
    }

private:
    static std::filesystem::path make_folder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "bandwidth_webrtc_interop_XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("cannot make a temporary folder");
        return pattern;
    }

    void wait_until_it_listens(const std::string& program) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        boost::asio::io_context context;
        while (std::chrono::steady_clock::now() < end) {
            boost::asio::ip::tcp::socket probe(context);
            boost::system::error_code error;
            probe.connect({boost::asio::ip::address_v4::loopback(), port_}, error);
            if (::waitpid(process_, nullptr, WNOHANG) == process_) { // somebody else may have the port by now
                process_ = -1;
                break;
            }
            if (!error)
                return;
            std::this_thread::sleep_for(std::chrono::milliseconds(10)); // the server needs the processor
        }
        std::ostringstream why;
        why << std::ifstream(folder_ / "stderr.txt").rdbuf() << std::ifstream(folder_ / "error.log").rdbuf();
        throw std::runtime_error(program + " did not start: " + why.str());
    }

    bandwidth::webrtc::testing::certificate_authority authority_;
    std::filesystem::path folder_;
    bandwidth::webrtc::testing::certificate shown_;
    std::uint16_t port_;
    int end_signal_;
    ::pid_t process_ = -1;
};

} // namespace interop
