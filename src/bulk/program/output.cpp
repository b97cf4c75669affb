#include "bulk/program/output.hpp"

#include "bulk/figures/percentile_text.hpp"
#include "bulk/report/csv.hpp"
#include "bulk/report/exit_status.hpp"
#include "bulk/report/html_page.hpp"

#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <stdexcept>

namespace bandwidth::webrtc::bulk {

namespace {

// Writes files, and goes on with the others where one cannot be written.
class file_writer {
public:
    file_writer(const part_record& part, std::ostream& out, std::ostream& err)
        : part_(part), out_(out), err_(err) {}

    template <class Make>
    void write(const std::string& pattern, Make make) {
        if (pattern.empty())
            return;
        try {
            const shard of{part_.shard_index, part_.shard_count};
            write_text(pattern == "-" ? pattern : expand_file_name(pattern, of, part_.run_id), make(), out_);
        } catch (const std::exception& error) {
            err_ << "bandwidth-webrtc-bulk: " << error.what() << std::endl;
            all_written_ = false;
        }
    }
    bool all_written() const noexcept { return all_written_; }

private:
    const part_record& part_;
    std::ostream& out_;
    std::ostream& err_;
    bool all_written_ = true;
};

} // namespace

void write_text(const std::string& path, std::string_view text, std::ostream& out) {
    if (path == "-") {
        out << text << std::flush;
        return;
    }
    errno = 0;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file)
        throw std::runtime_error(path + " cannot be written" +
                                 (errno == 0 ? "" : std::string(": ") + std::strerror(errno)));
}

int judge(const options& wanted, report& judged) {
    bool all_hold = true;
    judged.thresholds.clear();
    for (const auto& one : wanted.thresholds) {
        judged.thresholds.push_back(evaluate(one, judged));
        all_hold = all_hold && judged.thresholds.back().holds;
    }
    if (judged.exit_status == 0 && !all_hold)
        judged.exit_status = static_cast<int>(exit_status::threshold);
    return judged.exit_status;
}

bool write_files(const options& wanted, const report& report, std::ostream& out, std::ostream& err) {
    file_writer files(report.parts.front(), out, err);
    files.write(
        wanted.json, [&] { return boost::json::serialize(to_json(report)) + '\n'; });
    files.write(
        wanted.html, [&] { return html_page(report); });
    files.write(
        wanted.csv, [&] { return csv(report); });
    files.write(wanted.seconds_csv, [&] { return seconds_csv(report); });
    if (!wanted.hgrm.empty())
        for (const auto& one : report.operations)
            files.write(wanted.hgrm + '-' + one.operation + ".hgrm",
                        [&] { return percentile_text(one.record.latency); });
    return files.all_written();
}

bool write_comparison(const options& wanted, const comparison& found, const report& base, const report& now,
                      std::ostream& out, std::ostream& err) {
    file_writer files(now.parts.front(), out, err);
    files.write(
        wanted.json, [&] { return boost::json::serialize(to_json(found)) + '\n'; });
    files.write(wanted.html, [&] { return html_page(base, now); });
    return files.all_written();
}

bool check_output(std::ostream& out, std::ostream& err) {
    if (out.flush())
        return true;
    err << "bandwidth-webrtc-bulk: the report could not be written to standard output in full" << std::endl;
    return false;
}

} // namespace bandwidth::webrtc::bulk
