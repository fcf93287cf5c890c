#include "data/idx.h"

#include <algorithm>

#include "autograd/error.h"
#include "data/file_bytes.h"

namespace autonet {
namespace {

constexpr Index kMostImages = 1'000'000;
constexpr std::uint32_t kImageMagic = 0x00000803;  // unsigned bytes, three axes
constexpr std::uint32_t kLabelMagic = 0x00000801;  // unsigned bytes, one axis

[[noreturn]] void fail(const std::string& path, Index byte, const std::string& what) {
  throw DataError("reading " + path + ": at byte " + std::to_string(byte) + ": " + what);
}

std::string expected(const std::string& what, Index wanted, Index found) {
  return "expected " + what + " " + std::to_string(wanted) + ", found " + std::to_string(found);
}

/// A file's content behind a header whose every number has been held against the file's size.
struct Idx {
  std::vector<char> bytes;
  Index header = 0;
  Index count = 0;
};

/// `item`: the lengths of one item, without the first axis.
Idx read(const std::string& path, std::uint32_t magic, const std::vector<Index>& item,
         Index count) {
  Idx idx;
  idx.header = 8 + 4 * static_cast<Index>(item.size());
  Index item_bytes = 1;
  for (Index length : item) item_bytes *= length;
  // A little more than must be there, so that a file that goes on is told where it should end.
  idx.bytes = read_bytes(path, idx.header + (count > 0 ? count : kMostImages) * item_bytes + 4096);
  const auto size = static_cast<Index>(idx.bytes.size());
  const auto word = [&](Index place) {
    if (place + 4 > size) {
      fail(path, size,
           "the file ends in its header; expected " + std::to_string(idx.header) +
               " bytes of header");
    }
    std::uint32_t value = 0;
    for (Index i = 0; i < 4; ++i) {
      value = value << 8 | static_cast<unsigned char>(idx.bytes[static_cast<size_t>(place + i)]);
    }
    return value;
  };
  if (word(0) != magic) fail(path, 0, expected("the magic number", magic, word(0)));
  idx.count = word(4);
  for (size_t axis = 0; axis < item.size(); ++axis) {
    const Index place = 8 + 4 * static_cast<Index>(axis);
    if (word(place) != item[axis]) {
      fail(path, place,
           expected(axis == 0 ? "the number of rows" : "the number of columns", item[axis],
                    word(place)));
    }
  }
  if (count > 0 && idx.count != count) fail(path, 4, expected("the count", count, idx.count));
  if (idx.count == 0 || idx.count > kMostImages) {
    fail(path, 4,
         "expected a count from 1 to " + std::to_string(kMostImages) + ", found " +
             std::to_string(idx.count));
  }
  const Index wanted = idx.header + idx.count * item_bytes;
  if (size != wanted) {
    fail(path, std::min(size, wanted),
         "expected " + std::to_string(wanted) + " bytes (the header announces " +
             std::to_string(idx.count) + " items of " + std::to_string(item_bytes) +
             " bytes), found " + std::to_string(size) +
             (size < wanted ? "; the file is cut short" : "; bytes follow the last item"));
  }
  return idx;
}

}  // namespace

Images read_idx(const std::string& image_path, const std::string& label_path, Index rows,
                Index cols, Index classes, Index count) {
  // Labels first: they are small, and their count bounds what the images may unpack to.
  const Idx labels = read(label_path, kLabelMagic, {}, count);
  const Idx pixels = read(image_path, kImageMagic, {rows, cols}, labels.count);
  Images images{labels.count, rows, cols, 1, {}, {}};
  images.labels.reserve(static_cast<size_t>(images.count));
  for (Index i = 0; i < images.count; ++i) {
    const Index place = labels.header + i;
    const int label = static_cast<unsigned char>(labels.bytes[static_cast<size_t>(place)]);
    if (label >= classes) {
      fail(label_path, place,
           "expected a label from 0 to " + std::to_string(classes - 1) + ", found " +
               std::to_string(label));
    }
    images.labels.push_back(label);
  }
  images.pixels.resize(static_cast<size_t>(images.count * rows * cols));
  std::transform(pixels.bytes.begin() + pixels.header, pixels.bytes.end(), images.pixels.begin(),
                 [](char byte) { return static_cast<float>(static_cast<unsigned char>(byte)); });
  return images;
}

}  // namespace autonet
