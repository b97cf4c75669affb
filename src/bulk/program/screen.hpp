#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace bandwidth::webrtc::bulk {

/// How large a terminal is, in characters.
struct terminal_size {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

/// Keeps a few lines at the end of a terminal up to date. Each frame is one write to the stream, so that no
/// half of one is seen. Between frames the cursor stands at the start of the row below the lines; it is never
/// hidden, and what stood on the terminal before stays. Not thread-safe.
class screen {
public:
    /// \param out  the terminal; must outlive this
    explicit screen(std::ostream& out);
    screen(const screen&) = delete;
    screen& operator=(const screen&) = delete;

    /// Puts the lines in place of the last ones. Each is cut to one column less than the terminal has, and of
    /// the lines only as many are shown as leave a row free, for else the terminal would scroll.
    /// \param lines  in UTF-8, without line ends; colours are the only escape sequences
    /// \param size   of the terminal now. Where it has become narrower since the last frame it is taken to
    ///               have wrapped that frame, as most terminals do; rows that this pushed out at the top are
    ///               out of reach.
    void draw(const std::vector<std::string>& lines, terminal_size size);
    /// Wipes the lines away, so that something else can be written; the next frame comes below that.
    /// \param size  of the terminal now
    void clear(terminal_size size);

private:
    std::string to_first_row(terminal_size size) const;
    void write(const std::string& frame);

    std::ostream& out_;
    std::vector<std::size_t> shown_; // the columns that each line of the last frame takes
};

} // namespace bandwidth::webrtc::bulk
