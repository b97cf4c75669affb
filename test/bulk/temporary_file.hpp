#pragma once

#include "support/temporary_file.hpp"

namespace bandwidth::webrtc::bulk::test {

using support::temporary_file;
using support::temporary_folder;
using support::text_of;

} // namespace bandwidth::webrtc::bulk::test
