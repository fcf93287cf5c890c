#include "data/norb.h"

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

std::string word(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

/// Two pairs of images of 2 rows and 3 columns, with the bytes 0 to 23.
std::string dat() {
  std::string bytes = word(0x1E3D4C55) + word(4) + word(2) + word(2) + word(2) + word(3);
  for (char i = 0; i < 24; ++i) bytes += i;
  return bytes;
}
/// The header has three lengths, though the matrix has one axis.
std::string cat(std::uint32_t second = 0) {
  return word(0x1E3D4C54) + word(1) + word(2) + word(1) + word(1) + word(4) + word(second);
}

std::string error_of(const std::string& images, const std::string& categories, Index count = 0) {
  const ScratchFolder folder;
  const std::string a = folder.write("dat.mat", images);
  const std::string b = folder.write("cat.mat", categories);
  const std::string error = data_error([&] { read_norb(a, b, 2, 3, count); });
  const size_t start = error.rfind('/');
  return start == error.npos ? error : error.substr(start + 1);
}

TEST_CASE("the two images of a pair become two channels") {
  const ScratchFolder folder;
  const Images images = read_norb(folder.write_gzip("dat.mat.gz", dat()),
                                  folder.write_gzip("cat.mat.gz", cat()), 2, 3, 2);
  CHECK(images.labels == std::vector<std::int32_t>{4, 0});
  CHECK(images.channels == 2);
  REQUIRE(images.pixels.size() == 24);
  CHECK(std::vector<float>(images.pixels.begin(), images.pixels.begin() + 6) ==
        std::vector<float>{0, 6, 1, 7, 2, 8});
  CHECK(images.pixels[12] == 12);
  CHECK(images.pixels[13] == 18);
}

TEST_CASE("the error for a damaged file gives the byte, what was expected and what was found") {
  CHECK(error_of(dat(), cat()).empty());
  CHECK(error_of(dat(), "") ==
        "cat.mat: at byte 0: the file ends in its header; expected 20 bytes of header");
  CHECK(error_of(dat(), dat()) ==
        "cat.mat: at byte 0: expected the magic number 507333716, found 507333717");
  CHECK(error_of(dat(), cat(5)) == "cat.mat: at byte 24: expected a category from 0 to 4, found 5");
  CHECK(error_of(dat(), cat(), 3) == "cat.mat: at byte 8: expected the count 3, found 2");
  CHECK(error_of(dat().substr(0, 40), cat()) ==
        "dat.mat: at byte 40: expected 48 bytes (the header announces 2 items of 12 bytes), found "
        "40; the file is cut short");
  CHECK(contains(error_of(dat() + "x", cat()), "bytes follow the last item"));
  std::string large = cat();
  large.replace(8, 4, "\xff\xff\xff\xff");
  CHECK(contains(error_of(dat(), large), "expected a count from 1 to 1000000, found 4294967295"));
}

}  // namespace
}  // namespace autonet::internal
