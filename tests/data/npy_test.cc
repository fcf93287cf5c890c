#include "data/npy.h"

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

/// An .npy file of version 1, as NumPy writes it.
std::string npy(const std::string& descr, const std::string& shape, const std::string& body,
                const std::string& order = "False") {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size() & 0xFF) +
         static_cast<char>(header.size() >> 8) + header + body;
}

std::string error_of(const std::string& bytes) {
  const std::string error = data_error([&] { parse_npy(bytes, "a.npy"); });
  return error.starts_with("reading a.npy: ") ? error.substr(15) : error;
}

Array read(const std::string& bytes) {
  return to_array(parse_npy(bytes, "a.npy"), "a.npy");
}

TEST_CASE("whole numbers of every width are read") {
  const std::string ff(8, '\xff');
  CHECK(read(npy("|u1", "(2,)", std::string("\x05\xff", 2))).to_vector() ==
        std::vector<double>{5, 255});
  CHECK(read(npy("|i1", "(2,)", std::string("\x05\xff", 2))).to_vector() ==
        std::vector<double>{5, -1});
  CHECK(read(npy("<u2", "(1,)", ff.substr(6))).to_vector() == std::vector<double>{65535});
  CHECK(read(npy("<i2", "(1,)", ff.substr(6))).to_vector() == std::vector<double>{-1});
  CHECK(read(npy("<u4", "(1,)", ff.substr(4))).to_vector() == std::vector<double>{4294967295.0});
  CHECK(read(npy("<i4", "(1,)", ff.substr(4))).to_vector() == std::vector<double>{-1});
  CHECK(read(npy("<i8", "(1,)", ff)).to_vector() == std::vector<double>{-1});
  CHECK(read(npy("<i8", "(1,)", std::string("\x03\0\0\0\0\0\0\0", 8))).to_vector() ==
        std::vector<double>{3});
  CHECK(read(npy("<u8", "(1,)", ff)).to_vector() == std::vector<double>{18446744073709551616.0});
  CHECK(read(npy("|b1", "(2,)", std::string("\x00\x01", 2))).to_vector() ==
        std::vector<double>{0, 1});
  const Array columns = read(npy("|u1", "(2, 3)", std::string("\1\2\3\4\5\6"), "True"));
  CHECK(columns.to_vector() == std::vector<double>{1, 3, 5, 2, 4, 6});
  CHECK(columns.shape() == Shape{2, 3});
}

TEST_CASE("the error for a damaged array says what is wrong") {
  const std::string good = npy("<f4", "(2,)", std::string(8, '\0'));
  CHECK(error_of(good).empty());
  CHECK(error_of("") == "it does not begin like an .npy file");
  CHECK(error_of(good.substr(0, 40)) ==
        "the file ends in its header of 118 bytes: it is cut short or damaged");
  CHECK(error_of(good.substr(0, good.size() - 1)) ==
        "its shape holds 2 numbers of 4 bytes, but it has 7 bytes");
  CHECK(contains(error_of(npy(">f4", "(2,)", std::string(8, '\0'))),
                 "whole numbers or '|b1', got \">f4\""));
  for (const char* descr : {"<c8", "<U3", "|O", "<f2", "<i3", "<f1", ""}) {
    CAPTURE(descr);
    CHECK(contains(error_of(npy(descr, "(2,)", std::string(8, '\0'))), "numbers must be"));
  }
  CHECK(error_of(npy("<f4", "(99999999999999999999,)", "")) == "a length is too large");
  CHECK(contains(error_of(npy("<f4", "(1000000000000,)", "")), "but it has 0 bytes"));
  CHECK(error_of(npy("<f4", "x", "")) == "its shape cannot be read");
  CHECK(contains(error_of(npy("<f4", "(2251799813685248, 2251799813685248)", "")), "shape"));
}

}  // namespace
}  // namespace autonet::internal
