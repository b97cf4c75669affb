#include <bandwidth/webrtc/ids.hpp>
#include <ostream>

namespace bandwidth::webrtc {

std::size_t hash_value(const session_id& id) noexcept { return std::hash<session_id>()(id); }
std::size_t hash_value(const participant_id& id) noexcept { return std::hash<participant_id>()(id); }
std::size_t hash_value(const endpoint_id& id) noexcept { return std::hash<endpoint_id>()(id); }
std::size_t hash_value(const device_id& id) noexcept { return std::hash<device_id>()(id); }
std::size_t hash_value(const voice_call_id& id) noexcept { return std::hash<voice_call_id>()(id); }

std::ostream& operator<<(std::ostream& stream, const session_id& id) { return stream << id.value(); }
std::ostream& operator<<(std::ostream& stream, const participant_id& id) { return stream << id.value(); }
std::ostream& operator<<(std::ostream& stream, const endpoint_id& id) { return stream << id.value(); }
std::ostream& operator<<(std::ostream& stream, const device_id& id) { return stream << id.value(); }
std::ostream& operator<<(std::ostream& stream, const voice_call_id& id) { return stream << id.value(); }

} // namespace bandwidth::webrtc
