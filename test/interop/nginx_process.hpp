#pragma once

#include <algorithm>
#include <cstddef>

#include "interop/server_process.hpp"

namespace interop {

/// nginx. It responds to `GET .../sessions/{id}` with that id in the body, to everything below /echo/ with the method
/// and the target, and logs for each request its number on its connection and whether it was pipelined.
class nginx_process : public server_process {
public:
    /// \param keepalive_requests after this many requests nginx responds with `Connection: close`
    /// \param locations more of them, in nginx's language
    nginx_process(const std::string& program, int keepalive_requests, const std::string& locations = {})
        : server_process(SIGQUIT), plain_port_(free_port()) {
        write("certificate.pem", shown().chain_pem());
        write("key.pem", shown().private_key_pem());
        write("nginx.conf", configuration(keepalive_requests, locations));
        start({program, "-p", folder().string() + "/", "-c", "nginx.conf", "-e", "error.log"});
    }

    std::string base_url() const { return origin() + "/v1"; }
    /// Where it takes the same requests without TLS.
    std::uint16_t plain_port() const { return plain_port_; }

    /// What nginx saw. Only complete after `stop`.
    struct traffic {
        std::size_t requests = 0;
        std::size_t pipelined = 0; ///< that had been read together with the one before (nginx: $pipe is "p")
        std::size_t connections = 0;
        std::size_t most_on_one_connection = 0;
    };
    traffic read_log() const {
        traffic seen;
        std::ifstream log(folder() / "access.log");
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
    std::string configuration(int keepalive_requests, const std::string& locations) const {
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
            << plain_port_
            << ";\n"
               "    listen 127.0.0.1:"
            << port()
            << " ssl;\n"
               "    ssl_certificate certificate.pem;\n"
               "    ssl_certificate_key key.pem;\n"
               "    ssl_protocols TLSv1.2 TLSv1.3;\n"
               "    default_type application/json;\n"
               "    location ~ ^/v1/accounts/9900000/sessions/(?<session>[a-z0-9-]+)$ {\n"
               "      return 200 '{\"id\":\"$session\",\"tag\":\"$connection_requests\"}';\n"
               "    }\n"
               "    location /echo/ {\n"
               "      add_header X-Echo $request_uri always;\n"
               "      return 200 '$request_method $request_uri';\n"
               "    }\n"
            << locations
            << "  }\n"
               "}\n";
        return out.str();
    }

    std::uint16_t plain_port_;
};

} // namespace interop
