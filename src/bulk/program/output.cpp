#include "bulk/program/output.hpp"

#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <stdexcept>

namespace bandwidth::webrtc::bulk {

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

bool write_files(const options& wanted, const report& report, std::ostream& out, std::ostream& err) {
    const auto& part = report.parts.front();
    bool all_written = true;
    const auto write = [&](const std::string& pattern, auto make) {
        if (pattern.empty())
            return;
        try {
            const auto path =
                pattern == "-"
                    ? pattern
                    : expand_file_name(pattern, shard{part.shard_index, part.shard_count}, part.run_id);
            write_text(path, make(), out);
        } catch (const std::exception& error) {
            err << "bandwidth-webrtc-bulk: " << error.what() << std::endl;
            all_written = false;
        }
    };
    write(wanted.json, [&] { return boost::json::serialize(to_json(report)) + '\n'; });
    return all_written;
}

bool check_output(std::ostream& out, std::ostream& err) {
    if (out.flush())
        return true;
    err << "bandwidth-webrtc-bulk: the report could not be written to standard output in full" << std::endl;
    return false;
}

} // namespace bandwidth::webrtc::bulk
