"""Conan 2 recipe of the library.

    conan create packaging/conan                                            # what it needs comes from Conan
    conan create packaging/conan --no-remote -o 'autonet/*:system=True'     # what it needs is the system's
"""
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.system.package_manager import Apt

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
SOURCES = ["CMakeLists.txt", "LICENSE", "README.md", "CHANGELOG.md", "autonet.h", "cmake/*", "text/*", "autograd/*", "ops/*",
           "check/*", "data/*", "models/*", "train/*", "exchange/*"]


class Autonet(ConanFile):
    name = "autonet"
    license = "MIT"
    description = "Automatic differentiation on a tape: arrays, gradients of any order, models as JSON files, training"
    topics = ("automatic-differentiation", "neural-networks", "machine-learning")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "system": [True, False]}
    default_options = {"shared": False, "fPIC": True, "system": False}
    implements = ["auto_shared_fpic"]

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, ROOT, "CMakeLists.txt"))
        self.version = re.search(r"project\(autonet\s+VERSION\s+([0-9.]+)", text).group(1)

    def export_sources(self):
        for pattern in SOURCES:
            copy(self, pattern, os.path.join(self.recipe_folder, ROOT), self.export_sources_folder)

    def requirements(self):
        if self.options.system:
            return
        self.requires("highway/1.2.0")
        self.requires("zlib/[>=1.2.11 <2]")
        # For building alone: no header of these is in the library's interface.
        self.requires("nlohmann_json/3.11.3", visible=False)
        self.requires("eigen/3.4.0", visible=False)

    def system_requirements(self):
        if self.options.system:
            Apt(self).check(["libhwy-dev", "zlib1g-dev", "nlohmann-json3-dev", "libeigen3-dev"])

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for part in ("CLI", "TESTS", "EXAMPLES"):
            toolchain.cache_variables[f"AUTONET_BUILD_{part}"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        # The package brings its own autonetConfig.cmake, with the targets of docs/installing.md.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "autonet")]
        self.cpp_info.libs = ["autonet_train", "autonet_models", "autonet_core"]
        self.cpp_info.system_libs = ["pthread"] if self.settings.os in ("Linux", "FreeBSD") else []
        if self.options.system and not self.options.shared:
            self.cpp_info.system_libs += ["hwy", "z"]
