#include "bulk/journal/journal_writer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <vector>

namespace bandwidth::webrtc::bulk {

namespace {

// Makes the call again as long as signals interrupt it.
template <class Call>
auto uninterrupted(Call call) noexcept {
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR)
            return result;
    }
}

std::error_code last_error() noexcept { return {errno, std::generic_category()}; }

[[noreturn]] void refuse_to_write(const std::string& path, const std::string& why) {
    throw std::runtime_error("cannot write the journal " + path + ": " + why);
}

// The new file's name has to be on the disk, too. Not every file system can say so of a folder: a failure
// is no news.
void sync_folder_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    ::fsync(folder);
    ::close(folder);
}

// Whether a line ends at or behind the offset: then another process has written since the file was read
// up to there.
bool has_line_behind(int descriptor, off_t offset) {
    std::vector<char> buffer(64 * 1024);
    for (;;) {
        const auto count =
            uninterrupted([&] { return ::pread(descriptor, buffer.data(), buffer.size(), offset); });
        if (count <= 0)
            return count < 0;
        const auto end = buffer.begin() + count;
        if (std::find(buffer.begin(), end, '\n') != end)
            return true;
        offset += count;
    }
}

void append_encoded(std::string& out, std::string_view id) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : id) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte != 0x7f && byte != '%') {
            out += c;
            continue;
        }
        out += '%';
        out += digits[byte / 16];
        out += digits[byte % 16];
    }
}

} // namespace

journal_writer::journal_writer(const std::string& path, const journal_header& header)
    : path_(path), header_(header) {}

journal_writer::~journal_writer() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

std::unique_ptr<journal_writer> journal_writer::create(const std::string& path,
                                                       const journal_header& header) {
    const auto head = journal_head(header);
    journal_reader reader;
    reader.add(head);
    std::unique_ptr<journal_writer> made(new journal_writer(path, header));
    made->descriptor_ = uninterrupted(
        [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600); });
    if (made->descriptor_ < 0)
        refuse_to_write(path, last_error().message());
    try {
        made->lock();
        if (!made->write(head) || !made->sync())
            refuse_to_write(path, made->error().message());
    } catch (...) {
        made->remove();
        throw;
    }
    sync_folder_of(path);
    return made;
}

std::unique_ptr<journal_writer> journal_writer::append_to(const std::string& path,
                                                          const journal_contents& contents) {
    std::unique_ptr<journal_writer> made(new journal_writer(path, contents.header));
    const auto descriptor =
        uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC); });
    made->descriptor_ = descriptor;
    if (descriptor < 0)
        refuse_to_write(path, last_error().message());
    made->lock();
    // Before the lock was there, another run may have gone on with the journal, or have deleted it.
    struct stat now {};
    if (::fstat(descriptor, &now) != 0)
        refuse_to_write(path, last_error().message());
    const auto size = static_cast<off_t>(contents.size);
    if (now.st_nlink == 0 || now.st_size < size || has_line_behind(descriptor, size))
        refuse_to_write(path, "it was changed since it was read");
    if (now.st_size > size && uninterrupted([&] { return ::ftruncate(descriptor, size); }) != 0)
        refuse_to_write(path, last_error().message());
    return made;
}

void journal_writer::lock() {
    if (uninterrupted([&] { return ::flock(descriptor_, LOCK_EX | LOCK_NB); }) == 0)
        return;
    refuse_to_write(path_, errno == EWOULDBLOCK ? "another process is writing it" : last_error().message());
}

bool journal_writer::created(thing_kind kind, std::uint64_t number, std::string_view id) {
    return write_entry("+", to_string(kind), number, header_.count(kind), id);
}

bool journal_writer::deleted(thing_kind kind, std::uint64_t number) {
    return write_entry("-", to_string(kind), number, header_.count(kind));
}

bool journal_writer::unknown(thing_kind kind, std::uint64_t number) {
    return write_entry("?", to_string(kind), number, header_.count(kind));
}

bool journal_writer::phase(std::uint64_t number) {
    return write_entry("phase", {}, number, std::numeric_limits<std::uint64_t>::max());
}

bool journal_writer::life(std::uint64_t number) { return write_entry("life", {}, number, header_.lives()); }

bool journal_writer::end() {
    const std::lock_guard held(mutex_);
    return write("end\n");
}

bool journal_writer::write_entry(std::string_view word, std::string_view noun, std::uint64_t number,
                                 std::uint64_t count, std::optional<std::string_view> id) {
    const std::lock_guard held(mutex_);
    // A reader would refuse the whole journal.
    if (number >= count)
        return fail(std::make_error_code(std::errc::argument_out_of_domain));
    line_ = word;
    line_ += ' ';
    if (!noun.empty()) {
        line_ += noun;
        line_ += ' ';
    }
    line_ += std::to_string(number);
    if (id) {
        line_ += ' ';
        append_encoded(line_, *id);
    }
    line_ += '\n';
    return write(line_);
}

bool journal_writer::write(std::string_view text) {
    if (error_)
        return false;
    const auto written = uninterrupted([&] { return ::write(descriptor_, text.data(), text.size()); });
    if (written == static_cast<ssize_t>(text.size()))
        return true;
    // A file takes less than it is given when it may not grow any more.
    return fail(written < 0 ? last_error() : std::make_error_code(std::errc::no_space_on_device));
}

bool journal_writer::fail(std::error_code why) noexcept {
    if (!error_)
        error_ = why;
    return false;
}

bool journal_writer::sync() {
    if (error())
        return false;
    if (uninterrupted([&] { return ::fdatasync(descriptor_); }) == 0)
        return true;
    const auto why = last_error();
    const std::lock_guard held(mutex_);
    return fail(why);
}

std::error_code journal_writer::error() const {
    const std::lock_guard held(mutex_);
    return error_;
}

bool journal_writer::remove() {
    if (::unlink(path_.c_str()) == 0)
        return true;
    const auto why = last_error();
    const std::lock_guard held(mutex_);
    return fail(why);
}

} // namespace bandwidth::webrtc::bulk
