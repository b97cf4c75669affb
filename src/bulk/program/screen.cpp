#include "bulk/program/screen.hpp"

#include "bulk/figures/style.hpp"

#include <algorithm>
#include <ostream>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr const char* erase_rest_of_line = "\x1b[K";
constexpr const char* erase_below = "\x1b[J";

} // namespace

screen::screen(std::ostream& out) : out_(out) {}

void screen::draw(const std::vector<std::string>& lines, terminal_size size) {
    auto frame = to_first_row(size);
    shown_.clear();
    const auto rows = std::min(lines.size(), std::max<std::size_t>(size.rows, 1) - 1);
    for (std::size_t i = 0; i < rows; ++i) {
        // A terminal that fills its last column may go to the next row, and the rows could no longer be
        // counted.
        const auto line = cut_to_columns(lines[i], std::max<std::size_t>(size.columns, 1) - 1);
        frame += line;
        frame += erase_rest_of_line;
        frame += '\n';
        shown_.push_back(display_columns(line));
    }
    frame += erase_below; // what is left of a frame with more rows, and what was typed
    write(frame);
}

void screen::clear(terminal_size size) {
    if (!shown_.empty())
        write(to_first_row(size) + erase_below);
    shown_.clear();
}

// The sequence that takes the cursor back to where the last frame began.
std::string screen::to_first_row(terminal_size size) const {
    const auto width = std::max<std::size_t>(size.columns, 1);
    std::size_t up = 0;
    for (const auto columns : shown_)
        up += std::max<std::size_t>((columns + width - 1) / width, 1);
    // What has been pushed out at the top is out of reach.
    up = std::min(up, std::max<std::size_t>(size.rows, 1) - 1);
    return up == 0 ? "\r" : "\r\x1b[" + std::to_string(up) + 'A';
}

void screen::write(const std::string& frame) {
    out_.write(frame.data(), static_cast<std::streamsize>(frame.size()));
    out_.flush();
}

} // namespace bandwidth::webrtc::bulk
