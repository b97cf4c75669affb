#include "bulk_sessions/command_line.hpp"
#include "bulk_sessions/exit_status.hpp"
#include "bulk_sessions/program.hpp"

#include <csignal>
#include <exception>
#include <iostream>
#include <variant>

int main(int argc, char** argv) {
    namespace bench = bandwidth::webrtc::bench;
    // Whoever reads the report may leave early (`| head`); what was created is deleted all the same.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const auto parsed = bench::parse_command_line(argc, argv, std::cout, std::cerr);
        if (const auto* const status = std::get_if<int>(&parsed))
            return *status;
        return bench::run_program(std::get<bench::settings>(parsed), std::cout, std::cerr);
    } catch (const std::exception& error) {
        std::cerr << "bulk_sessions: " << error.what() << std::endl;
        return static_cast<int>(bench::exit_status::operations_failed);
    }
}
