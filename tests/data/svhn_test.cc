#include "data/svhn.h"

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

#include "tests/data/samples.inc"

const std::string kFile(reinterpret_cast<const char*>(kSvhn), sizeof kSvhn);

std::string error_of(const std::string& content, Index count = 0) {
  const ScratchFolder folder;
  const std::string path = folder.write("t.mat", content);
  const std::string error = data_error([&] { read_svhn(path, count); });
  const std::string start = "reading " + path + ": ";
  return contains(error, start) ? error.substr(start.size()) : error;
}

TEST_CASE("the columns of MATLAB become rows, and label 10 is the digit 0") {
  const ScratchFolder folder;
  const Images images = read_svhn(folder.write("t.mat", kFile), 2);
  CHECK(images.count == 2);
  CHECK(images.labels == std::vector<std::int32_t>{0, 7});
  REQUIRE(images.pixels.size() == 2 * 3072);
  bool same = true;
  size_t place = 0;
  for (int n = 0; n < 2; ++n) {
    for (int r = 0; r < 32; ++r) {
      for (int c = 0; c < 32; ++c) {
        for (int k = 0; k < 3; ++k, ++place) {
          same = same &&
                 images.pixels[place] == static_cast<float>((r + 2 * c + 50 * k + 100 * n) % 256);
        }
      }
    }
  }
  CHECK(same);
}

TEST_CASE("the error for a damaged MATLAB file gives the byte and the reason") {
  CHECK(contains(error_of(""), "at byte 0: this is not a little-endian MATLAB file"));
  CHECK(contains(error_of(std::string(200, 'x')), "at byte 124: this is not a little-endian"));
  CHECK(error_of(kFile.substr(0, 128)) == "there is no array \"X\" of bytes");
  CHECK(contains(error_of(kFile.substr(0, 131)), "at byte 128: the file ends in the tag"));
  CHECK(contains(error_of(kFile.substr(0, 300)), "bytes are left: the file is cut short"));
  CHECK(error_of(kFile, 3) == "expected 3 images, found 2");
  std::string damaged = kFile;
  damaged[150] = static_cast<char>(damaged[150] ^ 0x55);
  CHECK(contains(error_of(damaged), "at byte 136: a compressed element is damaged"));
  // Without its last two bytes, the packed element claims less than it needs.
  std::string claims =
      kFile.substr(0, 128) + std::string("\x0f\0\0\0\x20\0\0\0", 8) + kFile.substr(136, 32);
  CHECK(contains(error_of(claims), "at byte 136: a compressed element is damaged or cut short"));
  // A matrix that is not compressed, with a length of 2^31 - 1.
  const auto word = [](std::uint32_t number) {
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
    return bytes;
  };
  const std::string body = word(6) + word(8) + word(9) + word(0) + word(5) + word(8) +
                           word(0x7FFFFFFF) + word(2) + word(0x00010001) + "X" +
                           std::string(3, '\0') + word(0x00040002) + std::string(4, '\0');
  const std::string matrix =
      kFile.substr(0, 128) + word(14) + word(static_cast<std::uint32_t>(body.size())) + body;
  CHECK(contains(error_of(matrix), "array \"X\" has 4 numbers, fewer than its lengths say"));
}

}  // namespace
}  // namespace autonet::internal
