// USPS as HDF5, usps.h5: the same images as the text files, with pixels in [0, 1].
#include <utility>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/hdf5.h"
#include "data/table.h"
#include "data/usps.h"

namespace autonet::internal {
namespace {

constexpr Index kSide = 16;

Images read_part(const std::string& path, const std::string& part, Index count) {
  const Array pixels = read_hdf5(path, part + "/data");
  const Array labels = read_hdf5(path, part + "/target");
  if (pixels.shape() != Shape{count, kSide * kSide} || labels.shape() != Shape{count}) {
    fail_reading(path, part, ": expected data ", Shape{count, kSide * kSide}, " and target ",
                 Shape{count}, ", found ", pixels.shape(), " and ", labels.shape());
  }
  Images images{.count = count, .rows = kSide, .cols = kSide, .channels = 1};
  images.pixels.reserve(static_cast<size_t>(pixels.size()));
  for (const double pixel : pixels.to_vector()) {
    if (!(pixel >= 0.0 && pixel <= 1.0))
      fail_reading(path, part, "/data: expected a pixel in [0, 1], found ", pixel);
    images.pixels.push_back(static_cast<float>(pixel));
  }
  for (const double label : labels.to_vector()) {
    const auto digit = static_cast<std::int32_t>(label >= 0.0 && label <= 9.0 ? label : -1.0);
    if (digit != label)
      fail_reading(path, part, "/target: expected a digit from 0 to 9, found ", label);
    images.labels.push_back(digit);
  }
  return images;
}

}  // namespace

std::vector<DatasetInfo> usps_h5_sets() {
  return {
      {.name = "usps-h5",
       .title = "USPS ZIP code digits as HDF5",
       .image = {kSide, kSide, 1},
       .train_count = 7291,
       .test_count = 2007,
       .low = 0,
       .high = 1,
       .files = {{.name = "usps.h5",
                  .gzipped = false,
                  .bytes = 2913522,
                  .sha256 = "734f88c541104a956d88be2c95d03b4a463ffd74ccc2ba9c80841fb98e3fcb36"}},
       .source = "https://www.kaggle.com/bistaumanga/usps-dataset",
       .folder = "usps",
       .citation = kUspsCitation,
       .read = [](const DatasetInfo& info, const std::vector<std::string>& paths) -> Dataset {
         return {read_part(paths[0], "train", info.train_count),
                 read_part(paths[0], "test", info.test_count)};
       }}};
}

}  // namespace autonet::internal
