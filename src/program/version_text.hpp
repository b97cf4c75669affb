#pragma once

#include <string>
#include <string_view>

namespace bandwidth::webrtc::program {

/// The commit that was checked out when this program was built, as git abbreviates it; empty where it was built from
/// sources without a git repository, such as the source archive. The build writes it, see cmake/git_revision.cmake.
std::string_view git_revision() noexcept;

/// What `--version` prints, without the end of the last line: `name` and the version of the library, the git revision
/// where there is one, Boost's version, OpenSSL's version as it runs and as it was compiled with, and the compiler.
/// Throws nothing but std::bad_alloc.
std::string version_text(std::string_view name);

} // namespace bandwidth::webrtc::program
