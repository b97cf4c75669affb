#pragma once

#include "bulk/journal/journal.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace bandwidth::webrtc::bulk {

/// Writes a journal, which no other process can write as long as this object exists (flock).
///
/// Each line is given to the kernel whole, with one write, before the function that writes it returns: from
/// then on it outlives the process, and after the next `sync` a power failure too. The first failure is
/// remembered and after it nothing is written any more, so that only the last line can be incomplete.
///
/// Thread-safe, but for `remove`.
class journal_writer {
public:
    /// Makes a new file, which only its owner may read, writes the header and sees that it is on the disk.
    /// \throws std::runtime_error telling why that is not possible, such as that the file exists
    /// \throws std::invalid_argument when the header is one that cannot be read again, and why
    static std::unique_ptr<journal_writer> create(const std::string& path, const journal_header& header);

    /// Goes on with a journal that was read: takes away the last line if it is incomplete, and adds to
    /// the rest.
    /// \param contents  what `read_journal` gave for this path
    /// \throws std::runtime_error telling why that is not possible, such as that another process is writing
    ///         the file, or has written to it since it was read
    static std::unique_ptr<journal_writer> append_to(const std::string& path,
                                                     const journal_contents& contents);

    journal_writer(const journal_writer&) = delete;
    journal_writer& operator=(const journal_writer&) = delete;
    ~journal_writer();

    /// \name One line each. A number must be one that the header allows.
    /// \return whether it was written; when it was not, `error` tells why
    /// @{
    bool created(thing_kind kind, std::uint64_t number, std::string_view id);
    /// Says that nothing of this number is left, an unknown creation included. Where that one was not looked
    /// for, it has to be told again.
    bool deleted(thing_kind kind, std::uint64_t number);
    bool unknown(thing_kind kind, std::uint64_t number);
    bool phase(std::uint64_t number);
    bool life(std::uint64_t number);
    bool end();
    /// @}

    /// Waits until all that was written before is on the disk. Other threads may write meanwhile.
    /// \return whether it is; a failure is remembered like one to write
    bool sync();

    /// The first failure, or none.
    std::error_code error() const;

    /// Deletes the file, also after a failure. Nothing may be written after it, nor by other
    /// threads during it.
    /// \return whether it is gone
    bool remove();

private:
    journal_writer(const std::string& path, const journal_header& header);
    void lock();
    bool write_entry(std::string_view word, std::string_view noun, std::uint64_t number, std::uint64_t count,
                     std::optional<std::string_view> id = std::nullopt);
    bool write(std::string_view text);
    bool fail(std::error_code why) noexcept;

    const std::string path_;
    const journal_header header_;
    int descriptor_ = -1;

    // Held while a line is written, so that none follows a line that was cut off.
    mutable std::mutex mutex_;
    std::string line_; // here to keep its memory
    std::error_code error_;
};

} // namespace bandwidth::webrtc::bulk
