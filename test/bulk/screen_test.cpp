#include "bulk/program/screen.hpp"

#include "bulk/figures/style.hpp"

#include <doctest/doctest.h>
#include <algorithm>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace bandwidth::webrtc::bulk;

namespace {

// A terminal of ASCII characters that knows what `screen` uses: line ends, carriage return, cursor up,
// erasing, and colours, which it does not show.
class small_terminal {
public:
    explicit small_terminal(terminal_size size) : size_(size), rows_(1) {}

    void write(std::string_view text) {
        while (!text.empty()) {
            if (text.front() != '\x1b') {
                put(text.front());
                text.remove_prefix(1);
                continue;
            }
            REQUIRE(text.starts_with("\x1b["));
            const auto last = text.find_first_not_of("0123456789;", 2);
            REQUIRE(last != std::string_view::npos);
            command(text[last], std::string(text.substr(2, last - 2)));
            text.remove_prefix(last + 1);
        }
    }

    // Wraps longer rows, as most terminals do. Only with the cursor in column 0.
    void resize(terminal_size size) {
        REQUIRE(column_ == 0);
        std::vector<std::string> rows;
        const auto cursor = row_;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (i == cursor)
                row_ = rows.size();
            std::string rest = rows_[i];
            for (; rest.size() > size.columns; rest.erase(0, size.columns))
                rows.push_back(rest.substr(0, size.columns));
            rows.push_back(rest);
        }
        rows_ = std::move(rows);
        size_ = size;
    }

    // All rows, also those that were pushed out at the top, without the empty ones at the end.
    std::vector<std::string> rows() const {
        auto rows = rows_;
        while (!rows.empty() && rows.back().empty())
            rows.pop_back();
        return rows;
    }
    std::size_t row() const { return row_; }
    terminal_size size() const { return size_; }

private:
    void put(char c) {
        if (c == '\r') {
            column_ = 0;
        } else if (c == '\n') {
            next_row();
        } else {
            if (column_ == size_.columns)
                next_row();
            auto& row = rows_[row_];
            row.resize(std::max(row.size(), column_ + 1), ' ');
            row[column_++] = c;
        }
    }
    void next_row() {
        column_ = 0;
        if (++row_ == rows_.size())
            rows_.emplace_back();
    }
    void command(char final_byte, const std::string& parameter) {
        const std::size_t top = rows_.size() - std::min(rows_.size(), size_.rows);
        switch (final_byte) {
        case 'A':
            row_ -= std::min<std::size_t>(std::stoul(parameter), row_ - top);
            return;
        case 'J':
            // Empty rows remain: a terminal does not scroll back when it erases.
            for (auto i = row_ + 1; i < rows_.size(); ++i)
                rows_[i].clear();
            [[fallthrough]];
        case 'K':
            CHECK(parameter == "");
            rows_[row_].resize(std::min(rows_[row_].size(), column_));
            return;
        case 'm':
            return;
        default:
            FAIL("an unknown sequence: ", final_byte);
        }
    }

    terminal_size size_;
    std::vector<std::string> rows_;
    std::size_t row_ = 0;
    std::size_t column_ = 0;
};

// Hands all that is written to a terminal at once, and counts how often.
class terminal_buffer : public std::streambuf {
public:
    explicit terminal_buffer(small_terminal& terminal) : terminal_(terminal) {}
    std::size_t writes = 0;

protected:
    std::streamsize xsputn(const char* text, std::streamsize size) override {
        ++writes;
        terminal_.write({text, static_cast<std::size_t>(size)});
        return size;
    }
    int_type overflow(int_type c) override {
        const char text = traits_type::to_char_type(c);
        xsputn(&text, 1);
        return c;
    }

private:
    small_terminal& terminal_;
};

struct drawn_screen {
    small_terminal terminal;
    terminal_buffer buffer{terminal};
    std::ostream out{&buffer};
    screen view{out};

    explicit drawn_screen(std::size_t columns = 20, std::size_t rows = 10) : terminal({columns, rows}) {}
    void draw(const std::vector<std::string>& lines) { view.draw(lines, terminal.size()); }
    void clear() { view.clear(terminal.size()); }
    std::vector<std::string> rows() const { return terminal.rows(); }
};

using row_list = std::vector<std::string>;

} // namespace

TEST_CASE("screen: a frame takes the place of the last one, below what was there") {
    drawn_screen at;
    at.out << "before\n";
    at.draw({"one", "two long"});
    CHECK(at.rows() == row_list{"before", "one", "two long"});
    at.draw({"1", "2"});
    CHECK(at.rows() == row_list{"before", "1", "2"});
    CHECK(at.terminal.row() == 3);
}

TEST_CASE("screen: each frame is one write") {
    drawn_screen at;
    at.draw({"one", "two", "three"});
    CHECK(at.buffer.writes == 1);
    at.draw({"1", "2", "3"});
    CHECK(at.buffer.writes == 2);
    at.clear();
    CHECK(at.buffer.writes == 3);
    at.clear();
    CHECK(at.buffer.writes == 3);
}

TEST_CASE("screen: frames with fewer lines, and with more") {
    drawn_screen at;
    at.out << "before\n";
    at.draw({"1", "2", "3"});
    at.draw({"a"});
    CHECK(at.rows() == row_list{"before", "a"});
    at.draw({"1", "2", "3", "4"});
    CHECK(at.rows() == row_list{"before", "1", "2", "3", "4"});
    at.draw({});
    CHECK(at.rows() == row_list{"before"});
    at.draw({"again"});
    CHECK(at.rows() == row_list{"before", "again"});
}

TEST_CASE("screen: cleared, so that other text can come before the next frame") {
    drawn_screen at;
    at.draw({"1", "2"});
    at.clear();
    CHECK(at.rows() == row_list{});
    at.out << "a message\n";
    at.draw({"3", "4"});
    CHECK(at.rows() == row_list{"a message", "3", "4"});
    at.clear();
    CHECK(at.rows() == row_list{"a message"});
}

TEST_CASE("screen: what is typed in between is wiped away") {
    drawn_screen at;
    at.draw({"1", "2"});
    at.out << "^C";
    at.draw({"3", "4"});
    CHECK(at.rows() == row_list{"3", "4"});
    at.out << "^C";
    at.clear();
    CHECK(at.rows() == row_list{});
}

TEST_CASE("screen: at the bottom of the terminal, where it scrolls") {
    drawn_screen at(20, 4);
    for (const char* text : {"a\n", "b\n", "c\n"})
        at.out << text;
    at.draw({"1", "2", "3"});
    at.draw({"4", "5", "6"});
    CHECK(at.rows() == row_list{"a", "b", "c", "4", "5", "6"});
}

TEST_CASE("screen: lines end before the last column, whatever their colour") {
    drawn_screen at(5);
    const style colorful{.color = true, .unicode = false};
    at.draw({"123456789", colorful.apply(text_effect::red, "12345")});
    CHECK(at.rows() == row_list{"1234", "1234"});
    at.draw({"1234", "1"});
    CHECK(at.rows() == row_list{"1234", "1"});
}

TEST_CASE("screen: a terminal that becomes narrower, and wider again") {
    drawn_screen at(20);
    at.out << "before\n";
    at.draw({"1234567890123456789", "", "12345"});
    at.terminal.resize({8, 10});
    CHECK(at.rows() == row_list{"before", "12345678", "90123456", "789", "", "12345"});
    at.draw({"1234567890123456789", "", "12345"});
    CHECK(at.rows() == row_list{"before", "1234567", "", "12345"});
    at.terminal.resize({20, 10});
    at.draw({"1234567890123456789", "2"});
    CHECK(at.rows() == row_list{"before", "1234567890123456789", "2"});
    at.terminal.resize({8, 10});
    at.clear();
    CHECK(at.rows() == row_list{"before"});
}

TEST_CASE("screen: a terminal with fewer rows than lines") {
    drawn_screen at(20, 3);
    at.draw({"1", "2", "3", "4"});
    CHECK(at.rows() == row_list{"1", "2"});
    at.draw({"5", "6", "7", "8"});
    CHECK(at.rows() == row_list{"5", "6"});
    drawn_screen none(0, 0);
    none.draw({"1"});
    CHECK(none.rows() == row_list{});
}
