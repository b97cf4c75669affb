#include "bulk/program/program.hpp"

#include "bulk/figures/units.hpp"
#include "bulk/program/dry_run.hpp"
#include "bulk/program/output.hpp"
#include "bulk/program/report_commands.hpp"
#include "bulk/program/run_command.hpp"
#include "bulk/report/exit_status.hpp"

#include <bandwidth/webrtc/error.hpp>
#include <exception>
#include <ostream>

namespace bandwidth::webrtc::bulk {

namespace {

int run_command(const options& wanted, std::ostream& out, std::ostream& err) {
    if (wanted.dry_run)
        return tell_what_would_be_done(wanted, out);
    switch (wanted.wanted) {
    case command::clean_up:
        return clean_up_by_journal(wanted, out, err);
    case command::merge:
        return merge_reports(wanted, out, err);
    case command::compare:
        return compare_reports(wanted, out, err);
    case command::run:
        break;
    }
    return make_run(wanted, out, err);
}

} // namespace

int run_program(const options& wanted, std::ostream& out, std::ostream& err) {
    int status = 0;
    try {
        status = run_command(wanted, out, err);
    } catch (const api_error& error) {
        err << "bandwidth-webrtc-bulk: " << printable(error.failure().describe()) << std::endl;
        return static_cast<int>(exit_status::configuration);
    } catch (const std::exception& error) {
        err << "bandwidth-webrtc-bulk: " << printable(error.what()) << std::endl;
        status = static_cast<int>(exit_status::operations_failed);
    }
    if (!check_output(out, err) && status == 0)
        status = static_cast<int>(exit_status::operations_failed);
    return status;
}

} // namespace bandwidth::webrtc::bulk
