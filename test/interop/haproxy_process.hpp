#pragma once

#include "interop/nginx_process.hpp"

namespace interop {

/// HAProxy, which ends TLS and passes the requests on to an nginx.
class haproxy_process : public server_process {
public:
    haproxy_process(const std::string& program, const nginx_process& behind) : server_process(SIGTERM) {
        write("server.pem", shown().chain_pem() + shown().private_key_pem());
        const auto pem = (folder() / "server.pem").string();
        std::ostringstream out;
        out << "global\n"
               "  maxconn 256\n"
               "defaults\n"
               "  mode http\n"
               "  timeout client 60s\n  timeout server 60s\n  timeout connect 10s\n"
               "frontend tls\n"
               "  bind 127.0.0.1:"
            << port() << " ssl crt " << pem
            << " alpn http/1.1\n"
               "  default_backend nginx\n"
               "backend nginx\n"
               "  server one 127.0.0.1:"
            << behind.plain_port() << "\n";
        write("haproxy.cfg", out.str());
        start({program, "-db", "-f", (folder() / "haproxy.cfg").string()});
    }
};

} // namespace interop
