#include <bandwidth/webrtc/device_api_version.hpp>

namespace bandwidth::webrtc {

device_api_version::device_api_version(known_version version) {
    if (version != unknown)
        text_ = version == v2 ? "V2" : "V3";
}

device_api_version::device_api_version(std::string_view text) : text_(text) {
    if (text_ == "v2" || text_ == "v3")
        text_.front() = 'V';
}

device_api_version::known_version device_api_version::value() const noexcept {
    if (text_ == "V3")
        return v3;
    return text_ == "V2" ? v2 : unknown;
}

} // namespace bandwidth::webrtc
