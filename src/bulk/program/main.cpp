#include "bulk/program/command_line.hpp"
#include "bulk/program/program.hpp"
#include "bulk/report/exit_status.hpp"

#include <csignal>
#include <exception>
#include <iostream>
#include <variant>

int main(int argc, char** argv) {
    namespace bulk = bandwidth::webrtc::bulk;
    // Whoever reads the report may leave early (`| head`); what was created is deleted all the same.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const auto parsed = bulk::parse_command_line(argc, argv, std::cout, std::cerr);
        if (const auto* const status = std::get_if<int>(&parsed))
            return *status;
        return bulk::run_program(std::get<bulk::options>(parsed), std::cout, std::cerr);
    } catch (const std::exception& error) {
        std::cerr << "bandwidth-webrtc-bulk: " << error.what() << std::endl;
        return static_cast<int>(bulk::exit_status::operations_failed);
    }
}
