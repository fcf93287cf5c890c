#!/usr/bin/env python3
"""Writes a software bill of materials (CycloneDX 1.5, JSON) of a build: autonet and the libraries that it was built with.

    packaging/sbom.py [BUILD] [--output FILE]       (default: build, standard output)

The list of packages is that of ./dev (`needs`), and the versions are those of the headers with which the build was
made. A library that was not found is left out. The same build gives the same text.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# header that ./dev looks for: name, licence, where it is used, and how the version is found in a header beside it
LIBRARIES = {
    "eigen3/Eigen/Core": ("Eigen", "MPL-2.0", "required", "eigen3/Eigen/src/Core/util/Macros.h",
                          r"EIGEN_(?:WORLD|MAJOR|MINOR)_VERSION\s+(\d+)"),
    "nlohmann/json.hpp": ("nlohmann-json", "MIT", "required", None, r"NLOHMANN_JSON_VERSION_(?:MAJOR|MINOR|PATCH)\s+(\d+)"),
    "spdlog/spdlog.h": ("spdlog", "MIT", "required", "spdlog/version.h", r"SPDLOG_VER_(?:MAJOR|MINOR|PATCH)\s+(\d+)"),
    "hwy/highway.h": ("highway", "Apache-2.0", "required", "hwy/highway.h", r"HWY_(?:MAJOR|MINOR|PATCH)\s+(\d+)"),
    "CLI/CLI.hpp": ("CLI11", "BSD-3-Clause", "required", "CLI/Version.hpp", r"CLI11_VERSION_(?:MAJOR|MINOR|PATCH)\s+(\d+)"),
    "zlib.h": ("zlib", "Zlib", "required", None, r'ZLIB_VERSION\s+"([^"]+)"'),
    "png.h": ("libpng", "libpng-2.0", "required", None, r'PNG_LIBPNG_VER_STRING\s+"([^"]+)"'),
    "jpeglib.h": ("libjpeg-turbo", "IJG AND BSD-3-Clause", "optional", "jconfig.h", r"LIBJPEG_TURBO_VERSION\s+([\d.]+)"),
    "curl/curl.h": ("libcurl", "curl", "optional", "curl/curlver.h", r'LIBCURL_VERSION\s+"([^"]+)"'),
    "openssl/evp.h": ("OpenSSL", "Apache-2.0", "optional", "openssl/opensslv.h", r'OPENSSL_VERSION_STR\s+"([^"]+)"'),
    "hdf5.h": ("HDF5", "BSD-3-Clause", "optional", "H5public.h", r"H5_VERS_(?:MAJOR|MINOR|RELEASE)\s+(\d+)"),
    "mpi.h": ("MPI", "BSD-3-Clause-Open-MPI", "optional", None, r"MPI_(?:VERSION|SUBVERSION)\s+(\d+)"),
}
NOT_SHIPPED = {"doctest/doctest.h"}  # tests only


def needed_headers():
    text = (ROOT / "dev").read_text()
    body = text[text.index("needs() {"):]
    return re.findall(r"^file:(\S+) ", body[:body.index("\n}")], re.M)


def places(cache):
    found = [pathlib.Path(path) for path in re.findall(r"^\w*(?:INCLUDE|HEADER_DIR)\w*:PATH=(/\S+)$", cache, re.M)]
    for base in ("/usr/local/include", "/usr/include"):
        found += [pathlib.Path(base), *pathlib.Path(base).glob("*-linux-gnu"), *pathlib.Path(base).glob("hdf5/serial"),
                  *pathlib.Path(base).glob("*-linux-gnu/hdf5/serial")]
    return found


def version_of(header, beside, pattern, where):
    for place in where:
        if not (place / header).exists():
            continue
        for folder in where:  # Debian's jconfig.h stands in a folder of the machine
            path = folder / (beside or header)
            numbers = re.findall(pattern, path.read_text(errors="replace")) if path.exists() else []
            if not numbers and header == "nlohmann/json.hpp":
                path = folder / "nlohmann/detail/abi_macros.hpp"
                numbers = re.findall(pattern, path.read_text()) if path.exists() else []
            if numbers:
                return numbers[0] if "." in numbers[0] else ".".join(numbers[:3])
        return "unknown"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--output", type=pathlib.Path)
    options = parser.parse_args()
    cache_file = options.build / "CMakeCache.txt"
    if not cache_file.exists():
        sys.exit(f"sbom: {options.build} is not a build; run ./dev build first")
    cache = cache_file.read_text()
    missing = [header for header in needed_headers() if header not in LIBRARIES and header not in NOT_SHIPPED]
    if missing:
        sys.exit(f"sbom: ./dev needs {missing}, of which this script does not know names and licences")
    version = re.search(r"^CMAKE_PROJECT_VERSION:STATIC=(\S+)$", cache, re.M).group(1)
    where = places(cache)
    parts = []
    for header, (name, licence, scope, beside, pattern) in LIBRARIES.items():
        found = version_of(header, beside, pattern, where)
        if found is None:
            continue
        parts.append({"type": "library", "bom-ref": name, "name": name, "version": found, "scope": scope,
                      "licenses": [{"expression": licence}], "purl": f"pkg:generic/{name.lower()}@{found}"})
    compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(\S+)$", cache, re.M).group(1)
    shown = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
                "metadata": {"component": {"type": "application", "bom-ref": "autonet", "name": "autonet", "version": version},
                             "properties": [{"name": "compiler", "value": shown[0] if shown else compiler}]},
                "components": parts,
                "dependencies": [{"ref": "autonet", "dependsOn": [part["bom-ref"] for part in parts]}]}
    text = json.dumps(document, indent=2) + "\n"
    if options.output:
        options.output.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
