#pragma once

#include "interop/server_process.hpp"

namespace interop {

/// A proxy that we did not write, on a free port of 127.0.0.1, whose user is "user" with the password
/// "s3cret" where it has users.
class proxy_process : public server_process {
public:
    /// tinyproxy: HTTP CONNECT, with Basic credentials.
    struct tinyproxy {};
    proxy_process(tinyproxy, const std::string& program) : server_process(SIGTERM) {
        write("tinyproxy.conf",
              "Port " + std::to_string(port()) +
                  "\nListen 127.0.0.1\nAllow 127.0.0.1\nMaxClients 100\nLogLevel Info\nLogFile \"" +
                  (folder() / "error.log").string() + "\"\nBasicAuth user s3cret\n");
        start({program, "-d", "-c", (folder() / "tinyproxy.conf").string()});
    }
    /// Dante: SOCKS 5, without users.
    struct dante {};
    proxy_process(dante, const std::string& program) : server_process(SIGTERM) {
        write("danted.conf", "logoutput: " + (folder() / "error.log").string() +
                                 "\ninternal: 127.0.0.1 port = " + std::to_string(port()) +
                                 "\nexternal: 127.0.0.1\nclientmethod: none\nsocksmethod: none\n"
                                 "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }\n"
                                 "socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 protocol: tcp }\n");
        start({program, "-f", (folder() / "danted.conf").string(), "-p", (folder() / "danted.pid").string()});
    }
    /// microsocks: SOCKS 5, with user name and password.
    struct microsocks {};
    proxy_process(microsocks, const std::string& program) : server_process(SIGTERM) {
        start({program, "-i", "127.0.0.1", "-p", std::to_string(port()), "-u", "user", "-P", "s3cret"});
    }

    /// \param scheme and the user information, if any
    std::string url(const std::string& scheme) const {
        return scheme + "127.0.0.1:" + std::to_string(port());
    }
};

} // namespace interop
