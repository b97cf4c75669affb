"""A recipe for Conan 2, of the sources around it:
    conan create cmake/packaging/conan --build=missing
Not tried with Conan: no registry of it could be reached where this was written. A test compiles it (test/consumer/recipes).
"""
import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, rmdir


class BandwidthWebrtc(ConanFile):
    name = "bandwidth-webrtc"
    version = "0.2.0"
    description = "C++20 client for Bandwidth's WebRTC REST API over pooled, pipelined HTTPS"
    license = "BSL-1.0"
    topics = ("webrtc", "bandwidth", "asio", "http-client")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "testing": [True, False], "tools": [True, False]}
    default_options = {"shared": False, "fPIC": True, "testing": True, "tools": False}
    implements = ["auto_shared_fpic"]

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "CHANGELOG.md", "cmake/*", "include/*", "src/*", "doc/*"):
            copy(self, pattern, src=root, dst=self.export_sources_folder)

    def requirements(self):
        # Executors, completion tokens and error codes of Boost stand in the public headers.
        self.requires("boost/[>=1.81.0 <2]", transitive_headers=True)
        self.requires("openssl/[>=3 <4]")
        if self.options.tools:
            self.requires("cli11/[>=2.1 <3]", visible=False)

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["BANDWIDTH_WEBRTC_INSTALL"] = True
        toolchain.cache_variables["BANDWIDTH_WEBRTC_BUILD_TESTING"] = bool(self.options.testing or self.options.tools)
        toolchain.cache_variables["BANDWIDTH_WEBRTC_BUILD_TOOLS"] = bool(self.options.tools)
        for part in ("TESTS", "EXAMPLES", "BENCH"):
            toolchain.cache_variables[f"BANDWIDTH_WEBRTC_BUILD_{part}"] = False
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        CMake(self).install()
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "bandwidth_webrtc")
        library = self.cpp_info.components["webrtc"]
        library.set_property("cmake_target_name", "bandwidth::webrtc")
        library.set_property("pkg_config_name", "bandwidth-webrtc")
        library.libs = ["bandwidth_webrtc"]
        library.system_libs = ["pthread"]
        library.requires = ["boost::headers", "boost::json", "boost::url", "openssl::ssl", "openssl::crypto"]
        if self.options.testing or self.options.tools:
            testing = self.cpp_info.components["webrtc_testing"]
            testing.set_property("cmake_target_name", "bandwidth::webrtc_testing")
            testing.set_property("pkg_config_name", "bandwidth-webrtc-testing")
            testing.libs = ["bandwidth_webrtc_testing"]
            testing.requires = ["webrtc"]
        if self.options.tools:
            self.cpp_info.components["tools"].requires = ["cli11::cli11"]  # the programs alone
