#!/usr/bin/env python3
"""Writes the files in samples.inc: a PNG and a MATLAB file by Python's zlib, a JPEG by cjpeg (libjpeg-turbo-progs),
and an HDF5 file by libhdf5.

    tests/data/samples.py > tests/data/samples.inc
"""
import struct
import subprocess
import zlib


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png():
    rows = [bytes([255, 0, 0, 0, 255, 0, 0, 0, 255]), bytes([0, 0, 0, 255, 255, 255, 1, 2, 3])]
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b""))


def jpeg():
    half = b"P5 16 8 255\n" + (b"\0" * 8 + b"\xff" * 8) * 8
    return subprocess.run(["cjpeg", "-quality", "90", "-grayscale"], input=half, capture_output=True, check=True).stdout


def mat_element(kind, content):
    return struct.pack("<II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


def mat_array(name, lengths, numbers, array_class=9):
    """A matrix whose numbers are stored as bytes; its name stands in its tag."""
    small_name = struct.pack("<HH", 1, len(name)) + name + b"\0" * (4 - len(name))
    return mat_element(14, mat_element(6, struct.pack("<II", array_class, 0))
                       + mat_element(5, struct.pack(f"<{len(lengths)}i", *lengths))
                       + small_name + mat_element(2, numbers))


def svhn():
    """Two images, X[r,c,k,n] = (r + 2 c + 50 k + 100 n) mod 256, with the labels 10 and 7."""
    pixels = bytes((r + 2 * c + 50 * k + 100 * n) % 256
                   for n in range(2) for k in range(3) for c in range(32) for r in range(32))
    packed = [zlib.compress(mat_array(b"X", [32, 32, 3, 2], pixels), 9),
              zlib.compress(mat_array(b"y", [2, 1], bytes([10, 7]), 6), 9)]
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<HH", 0x0100, 0x4D49)
    return header + b"".join(struct.pack("<II", 15, len(part)) + part for part in packed)


def hdf5():
    """x [2,3] of f4 = 0 to 5, y [2] of i8 = 1, 0, and the group g with a text t, written by libhdf5 itself."""
    import ctypes
    import os
    import tempfile
    h = ctypes.CDLL("libhdf5_serial.so")
    for call in ("H5Pcreate", "H5Fcreate", "H5Screate_simple", "H5Dcreate2", "H5Gcreate2", "H5Screate"):
        getattr(h, call).restype = ctypes.c_int64
    h.H5open()
    hid = ctypes.c_int64

    def known(name):
        return hid(ctypes.c_int64.in_dll(h, name).value)

    path = os.path.join(tempfile.mkdtemp(), "a.h5")
    access = hid(h.H5Pcreate(known("H5P_CLS_FILE_ACCESS_ID_g")))
    h.H5Pset_libver_bounds(access, 2, 2)
    file = hid(h.H5Fcreate(path.encode(), 2, hid(0), access))

    def write(name, lengths, stored, memory, numbers):
        dims = (ctypes.c_uint64 * len(lengths))(*lengths)
        space = hid(h.H5Screate_simple(len(lengths), dims, None))
        data = hid(h.H5Dcreate2(file, name, known(stored), space, hid(0), hid(0), hid(0)))
        if numbers is not None:
            h.H5Dwrite(data, known(memory), hid(0), hid(0), hid(0), numbers)
        h.H5Dclose(data)

    write(b"x", [2, 3], "H5T_IEEE_F32LE_g", "H5T_NATIVE_FLOAT_g", (ctypes.c_float * 6)(*range(6)))
    write(b"y", [2], "H5T_STD_I64LE_g", "H5T_NATIVE_INT64_g", (ctypes.c_int64 * 2)(1, 0))
    h.H5Gclose(hid(h.H5Gcreate2(file, b"g", hid(0), hid(0), hid(0))))
    write(b"g/t", [1], "H5T_C_S1_g", "", None)
    write(b"g/large", [1 << 40], "H5T_STD_I64LE_g", "", None)
    h.H5Fclose(file)
    with open(path, "rb") as file:
        return file.read()


def show(name, content):
    print(f"[[maybe_unused]] const unsigned char {name}[] = {{")
    for i in range(0, len(content), 20):
        print("    " + ", ".join(str(byte) for byte in content[i:i + 20]) + ",")
    print("};")


print("// Written by samples.py.")
show("kPng", png())
show("kJpeg", jpeg())
show("kSvhn", svhn())
show("kHdf5", hdf5())
