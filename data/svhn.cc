#include "data/svhn.h"

#include <algorithm>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/matlab.h"
#include "data/table.h"

namespace autonet::internal {
namespace {

constexpr Index kSide = 32;
constexpr Index kChannels = 3;
constexpr Index kPixels = kSide * kSide * kChannels;
constexpr Index kMostImages = 1'000'000;

}  // namespace

Images read_svhn(const std::string& path, Index count) {
  const Index most = count > 0 ? count : kMostImages;
  const std::vector<MatlabArray> arrays = read_matlab(path, (most + 1) * (kPixels + 16) + 65536);
  const auto array = [&](const char* name) -> const MatlabArray& {
    const auto found = std::ranges::find(arrays, name, &MatlabArray::name);
    if (found == arrays.end()) fail_reading(path, "there is no array \"", name, "\" of bytes");
    return *found;
  };
  const MatlabArray& x = array("X");
  const MatlabArray& y = array("y");
  const Index found = std::ssize(y.bytes);
  if (x.lengths != std::vector<Index>{kSide, kSide, kChannels, found}) {
    fail_reading(path, "X must have the lengths [32, 32, 3, ", found, "], as y has ", found,
                 " labels, but has [", text::joined(x.lengths, ", "), "]");
  }
  if (count > 0 && found != count) fail_reading(path, "expected ", count, " images, found ", found);
  Images images{.count = found, .rows = kSide, .cols = kSide, .channels = kChannels};
  images.pixels.reserve(static_cast<size_t>(found * kPixels));
  for (Index n = 0; n < found; ++n) {
    const int label = y.bytes[static_cast<size_t>(n)];
    if (label < 1 || label > 10) {
      fail_reading(path, "label ", n, " of y must be 1 to 10, found ", label);
    }
    images.labels.push_back(label % 10);
    const std::uint8_t* image = x.bytes.data() + n * kPixels;  // rows are the fastest axis
    for (Index r = 0; r < kSide; ++r) {
      for (Index c = 0; c < kSide; ++c) {
        for (Index k = 0; k < kChannels; ++k) {
          images.pixels.push_back(static_cast<float>(image[r + kSide * (c + kSide * k)]));
        }
      }
    }
  }
  return images;
}

std::vector<DatasetInfo> svhn_sets() {
  return {
      {.name = "svhn",
       .title = "SVHN house numbers, cropped digits",
       .image = {kSide, kSide, kChannels},
       .train_count = 73257,
       .test_count = 26032,
       .files = {{.name = "train_32x32.mat",
                  .gzipped = false,
                  .bytes = 182040794,
                  .sha256 = "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"},
                 {.name = "test_32x32.mat",
                  .gzipped = false,
                  .bytes = 64275384,
                  .sha256 = "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"}},
       .source = "http://ufldl.stanford.edu/housenumbers/",
       .servers = {"http://ufldl.stanford.edu/housenumbers/"},
       .licence = "for non-commercial use only",
       .citation =
           "Y. Netzer, T. Wang, A. Coates, A. Bissacco, B. Wu, A. Y. Ng, \"Reading Digits in "
           "Natural Images with Unsupervised Feature Learning\", NIPS Workshop on Deep "
           "Learning and Unsupervised Feature Learning, 2011",
       .read = [](const DatasetInfo& info, const std::vector<std::string>& paths) -> Dataset {
         return {read_svhn(paths[0], info.train_count), read_svhn(paths[1], info.test_count)};
       }}};
}

}  // namespace autonet::internal
