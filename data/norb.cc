#include "data/norb.h"

#include <algorithm>
#include <vector>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/table.h"

namespace autonet::internal {
namespace {

constexpr std::uint32_t kBytes = 0x1E3D4C55;
constexpr std::uint32_t kInts = 0x1E3D4C54;  // of 4 bytes
constexpr Index kSide = 96;
constexpr Index kEyes = 2;
constexpr Index kClasses = 5;
constexpr Index kMostPairs = 1'000'000;

std::uint32_t word(const std::string& bytes, Index at) {
  std::uint32_t value = 0;
  for (Index i = 4; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(at + i)]);
  }
  return value;
}

struct Matrix {
  std::string bytes;
  Index header = 0;
  Index count = 0;  // the length of the first axis
};

/// Reads a matrix file. The header is little-endian: the magic number, the number of axes, and
/// their lengths, of which there are at least three. item: the lengths of an item, without the
/// first axis.
Matrix read_matrix(const std::string& path, std::uint32_t magic, const std::vector<Index>& item,
                   Index count) {
  Matrix matrix;
  Index item_bytes = magic == kInts ? 4 : 1;
  for (const Index length : item) item_bytes *= length;
  const Index axes = std::ssize(item) + 1;
  matrix.header = 8 + 4 * std::max<Index>(3, axes);
  // A little more than expected, so that the error for a longer file says where it should end.
  matrix.bytes =
      read_unpacked(path, matrix.header + (count > 0 ? count : kMostPairs) * item_bytes + 4096);
  const Index size = std::ssize(matrix.bytes);
  if (size < matrix.header) {
    fail_at_byte(path, size, "the file ends in its header; expected ", matrix.header,
                 " bytes of header");
  }
  const auto expect = [&](Index at, const char* what, Index wanted) {
    const Index found = word(matrix.bytes, at);
    if (found != wanted) fail_at_byte(path, at, "expected ", what, " ", wanted, ", found ", found);
  };
  expect(0, "the magic number", magic);
  expect(4, "the number of axes", axes);
  matrix.count = word(matrix.bytes, 8);
  if (count > 0) expect(8, "the count", count);
  for (Index axis = 1; axis < axes; ++axis) {
    expect(8 + 4 * axis, "a length", item[static_cast<size_t>(axis - 1)]);
  }
  if (matrix.count < 1 || matrix.count > kMostPairs) {
    fail_at_byte(path, 8, "expected a count from 1 to ", kMostPairs, ", found ", matrix.count);
  }
  const Index wanted = matrix.header + matrix.count * item_bytes;
  if (size != wanted) {
    fail_at_byte(path, std::min(size, wanted), "expected ", wanted, " bytes (the header announces ",
                 matrix.count, " items of ", item_bytes, " bytes), found ", size,
                 size < wanted ? "; the file is cut short" : "; bytes follow the last item");
  }
  return matrix;
}

}  // namespace

Images read_norb(const std::string& image_path, const std::string& category_path, Index rows,
                 Index cols, Index count) {
  // The categories come first: their number limits the size of the unpacked images.
  const Matrix categories = read_matrix(category_path, kInts, {}, count);
  const Matrix pairs = read_matrix(image_path, kBytes, {kEyes, rows, cols}, categories.count);
  Images images{.count = categories.count, .rows = rows, .cols = cols, .channels = kEyes};
  images.labels.reserve(static_cast<size_t>(images.count));
  images.pixels.reserve(static_cast<size_t>(images.count * images.image_size()));
  for (Index n = 0; n < images.count; ++n) {
    const Index place = categories.header + 4 * n;
    const Index category = word(categories.bytes, place);
    if (category >= kClasses) {
      fail_at_byte(category_path, place, "expected a category from 0 to ", kClasses - 1, ", found ",
                   category);
    }
    images.labels.push_back(static_cast<std::int32_t>(category));
    const auto* pair = reinterpret_cast<const unsigned char*>(pairs.bytes.data()) + pairs.header +
                       n * images.image_size();
    for (Index i = 0; i < rows * cols; ++i) {  // [2,rows,cols] -> [rows,cols,2]
      for (Index eye = 0; eye < kEyes; ++eye) {
        images.pixels.push_back(static_cast<float>(pair[eye * rows * cols + i]));
      }
    }
  }
  return images;
}

std::vector<DatasetInfo> norb_sets() {
  return {{.name = "norb",
           .title = "small NORB, stereo pairs of toys",
           .image = {kSide, kSide, kEyes},
           .train_count = 24300,
           .test_count = 24300,
           .class_names = {"animal", "human", "airplane", "truck", "car"},
           .files = {{.name = "smallnorb-5x46789x9x18x6x2x96x96-training-dat.mat"},
                     {.name = "smallnorb-5x46789x9x18x6x2x96x96-training-cat.mat"},
                     {.name = "smallnorb-5x01235x9x18x6x2x96x96-testing-dat.mat"},
                     {.name = "smallnorb-5x01235x9x18x6x2x96x96-testing-cat.mat"}},
           .source = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/",
           .servers = {"https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/",
                       "https://cs.nyu.edu/~yann/data/norb-v1.0-small/"},
           .licence = "for research only, not for commercial use",
           .citation = "Y. LeCun, F. J. Huang, L. Bottou, \"Learning Methods for Generic Object "
                       "Recognition with Invariance to Pose and Lighting\", CVPR, 2004",
           .read = [](const DatasetInfo& info, const std::vector<std::string>& paths) -> Dataset {
             return {read_norb(paths[0], paths[1], kSide, kSide, info.train_count),
                     read_norb(paths[2], paths[3], kSide, kSide, info.test_count)};
           }}};
}

}  // namespace autonet::internal
