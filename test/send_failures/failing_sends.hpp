#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace send_failures {

/// While one lives, the system fails to send on connections of this process to a port: `send` and `sendmsg`
/// are replaced in this program. Nothing is wrong with what is received. One at a time.
class failing_sends {
public:
    /// Which connections: those that there are now, or every one.
    enum class of { those_there_are, all };

    /// \param error  of the sends that fail, such as ENOBUFS
    failing_sends(std::uint16_t port, int error, of which = of::those_there_are);
    ~failing_sends();
    failing_sends(const failing_sends&) = delete;
    failing_sends& operator=(const failing_sends&) = delete;

    /// Only so many fail.
    failing_sends& times(std::size_t most);
    /// So many bytes leave before.
    failing_sends& after(std::size_t bytes);
    /// How many have failed.
    std::size_t count() const;
};

} // namespace send_failures
