#pragma once

#include "interop/nginx_process.hpp"

namespace interop {

/// Prism, a mock that knows an API by its OpenAPI description alone. It holds requests to the description, and tells of
/// those that it finds invalid in a header field, `sl-violations`. It listens without TLS.
class prism_process : public server_process {
public:
    /// \param packages the folder with node_modules
    prism_process(const std::string& node, const std::string& packages, const std::string& description)
        : server_process(SIGTERM) {
        start({node, packages + "/node_modules/@stoplight/prism-cli/dist/index.js", "mock", "--errors",
               "--host", "127.0.0.1", "--port", std::to_string(port()), "--multiprocess", "false",
               "--verboseLevel", "silent", description});
    }

    /// What nginx has to be told to pass everything below /prism/ on.
    std::string location() const {
        return "    location /prism/ { proxy_pass http://127.0.0.1:" + std::to_string(port()) + "/; }\n";
    }
};

} // namespace interop
