#include "data/cifar.h"

#include "autograd/error.h"
#include "data/file_bytes.h"

namespace autonet {
namespace {

constexpr Index kSide = 32;
constexpr Index kPlane = kSide * kSide;
constexpr Index kChannels = 3;
constexpr Index kRecord = 1 + kChannels * kPlane;
constexpr Index kMostRecords = 100'000;
constexpr int kClasses = 10;

[[noreturn]] void fail(const std::string& path, Index byte, const std::string& what) {
  throw DataError("reading " + path + ": at byte " + std::to_string(byte) + ": " + what);
}

void append(Images& images, const std::string& path, Index count) {
  // A record more than must be there, so that a file that goes on is told where it should end.
  const Index most = (count > 0 ? count : kMostRecords) + 1;
  const std::vector<char> bytes = read_bytes(path, most * kRecord);
  const auto size = static_cast<Index>(bytes.size());
  const Index records = size / kRecord;
  if (size % kRecord != 0) {
    fail(path, records * kRecord,
         "expected a whole record of 3073 bytes, the file ends after " +
             std::to_string(size % kRecord) + " of them");
  }
  if (count > 0 ? records != count : records == 0) {
    fail(path, size,
         "expected " + (count > 0 ? std::to_string(count) : std::string("some")) +
             " records of 3073 bytes, found " + std::to_string(records));
  }
  images.pixels.reserve(images.pixels.size() + static_cast<size_t>(records * kChannels * kPlane));
  for (Index r = 0; r < records; ++r) {
    const auto* record = reinterpret_cast<const unsigned char*>(bytes.data()) + r * kRecord;
    if (record[0] >= kClasses) {
      fail(path, r * kRecord, "expected a label from 0 to 9, found " + std::to_string(record[0]));
    }
    images.labels.push_back(record[0]);
    for (Index i = 0; i < kPlane; ++i) {  // planes become the innermost axis: [C,H,W] -> [H,W,C]
      for (Index c = 0; c < kChannels; ++c) {
        images.pixels.push_back(static_cast<float>(record[1 + c * kPlane + i]));
      }
    }
  }
  images.count += records;
}

}  // namespace

Images read_cifar10(const std::vector<std::string>& paths, Index count_per_file) {
  Images images{0, kSide, kSide, kChannels, {}, {}};
  for (const std::string& path : paths) append(images, path, count_per_file);
  return images;
}

}  // namespace autonet
