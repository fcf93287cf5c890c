// Number types that .safetensors files of other programs have: halves are widened, counters left
// out.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/array_formats.h"

namespace autonet::internal {
namespace {

/// A file of one array [n] of 16-bit numbers, and a counter of 64 bits behind it.
std::string file_of(const std::string& dtype, const std::vector<std::uint16_t>& bits) {
  std::string header = text::concat(R"({"w":{"dtype":")", dtype, R"(","shape":[)", bits.size(),
                                    R"(],"data_offsets":[0,)", 2 * bits.size(),
                                    R"(]},"count":{"dtype":"I64","shape":[],"data_offsets":[)",
                                    2 * bits.size(), ",", 2 * bits.size() + 8, "]}}");
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  bytes += header;
  std::string numbers(2 * bits.size(), '\0');
  std::memcpy(numbers.data(), bits.data(), numbers.size());
  return bytes + numbers + std::string(8, '\1');
}

}  // namespace

TEST_CASE("half precision is widened to the same numbers") {
  const ArrayFile f16 = from_safetensors(
      file_of("F16", {0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001, 0x8000, 0x7C00, 0x7E00}), "f");
  REQUIRE(f16.arrays.size() == 1);  // the counter is no weight
  CHECK(f16.arrays[0].name == "w");
  CHECK(f16.arrays[0].array.dtype() == DType::f32);
  const std::vector<double> numbers = f16.arrays[0].array.to_vector();
  // 1, -2, the largest, the smallest normal number, the smallest of all, -0, infinity, NaN
  CHECK(std::vector<double>(numbers.begin(), numbers.end() - 3) ==
        std::vector<double>{1, -2, 65504, 0x1p-14, 0x1p-24});
  CHECK((numbers[5] == 0 && std::signbit(numbers[5])));
  CHECK(numbers[6] == HUGE_VAL);
  CHECK(std::isnan(numbers[7]));
  const ArrayFile brain = from_safetensors(file_of("BF16", {0x3F80, 0xC040, 0x0080}), "f");
  CHECK(brain.arrays[0].array.to_vector() == std::vector<double>{1, -3, 0x1p-126});
}

TEST_CASE("types of other sizes and unknown types are errors") {
  std::string wrong = file_of("F16", {1, 2});
  wrong.replace(wrong.find("F16"), 3, "F32");
  CHECK_THROWS_WITH_AS(from_safetensors(wrong, "f"),
                       "reading f: array \"w\": shape [2] needs 8 bytes, has 4", DataError);
  wrong.replace(wrong.find("F32"), 3, "F99");
  CHECK_THROWS_WITH_AS(from_safetensors(wrong, "f"),
                       "reading f: array \"w\": dtype must be F64, F32, F16 or BF16, got F99",
                       DataError);
}

}  // namespace autonet::internal
