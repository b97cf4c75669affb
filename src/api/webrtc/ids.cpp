#include <bandwidth/webrtc/ids.hpp>
#include <ostream>

namespace bandwidth::webrtc {

std::ostream& operator<<(std::ostream& stream, const session_id& id) { return stream << id.value(); }

std::ostream& operator<<(std::ostream& stream, const participant_id& id) { return stream << id.value(); }

} // namespace bandwidth::webrtc
