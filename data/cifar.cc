#include "data/cifar.h"

#include <iterator>
#include <utility>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/table.h"

namespace autonet::internal {
namespace {

constexpr Index kSide = 32;
constexpr Index kPlane = kSide * kSide;
constexpr Index kChannels = 3;
constexpr Index kRecord = 1 + kChannels * kPlane;
constexpr Index kMostRecords = 100'000;
constexpr int kClasses = 10;

void append(Images& images, const std::string& path, Index count) {
  // One record more than expected, so that the error for a longer file says where it should end.
  const Index most = (count > 0 ? count : kMostRecords) + 1;
  const std::string bytes = read_unpacked(path, most * kRecord);
  const auto size = static_cast<Index>(bytes.size());
  const Index records = size / kRecord;
  if (size % kRecord != 0) {
    fail_at_byte(path, records * kRecord,
                 "expected a whole record of 3073 bytes, the file ends after ", size % kRecord,
                 " of them");
  }
  if (count > 0 ? records != count : records == 0) {
    fail_at_byte(path, size, "expected ", count > 0 ? text::concat(count) : "some",
                 " records of 3073 bytes, found ", records);
  }
  images.pixels.reserve(images.pixels.size() + static_cast<size_t>(records * kChannels * kPlane));
  for (Index r = 0; r < records; ++r) {
    const auto* record = reinterpret_cast<const unsigned char*>(bytes.data()) + r * kRecord;
    if (record[0] >= kClasses) {
      fail_at_byte(path, r * kRecord, "expected a label from 0 to 9, found ", int{record[0]});
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
  Images images{.rows = kSide, .cols = kSide, .channels = kChannels};
  for (const std::string& path : paths) append(images, path, count_per_file);
  return images;
}

namespace {

/// CIFAR-10 or a part of it. All files but the last are for training, and hold equally many images.
DatasetInfo like_cifar10(std::string name, std::string title, Index train_count, Index test_count,
                         std::vector<DatasetFile> files, std::string source) {
  return {.name = std::move(name),
          .title = std::move(title),
          .image = {kSide, kSide, kChannels},
          .train_count = train_count,
          .test_count = test_count,
          .class_names = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse",
                          "ship", "truck"},
          .files = std::move(files),
          .source = std::move(source),
          .read = [](const DatasetInfo& info, const std::vector<std::string>& paths) -> Dataset {
            const std::vector<std::string> train(paths.begin(), paths.end() - 1);
            return {read_cifar10(train, info.train_count / std::ssize(train)),
                    read_cifar10({paths.back()}, info.test_count)};
          }};
}

}  // namespace

std::vector<DatasetInfo> cifar_sets() {
  const auto batch = [](const char* name, const char* sha256) -> DatasetFile {
    return {.name = name, .gzipped = false, .bytes = 10'000 * kRecord, .sha256 = sha256};
  };
  return {
      like_cifar10("cifar10", "CIFAR-10 photographs", 50000, 10000,
                   {batch("data_batch_1.bin",
                          "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
                    batch("data_batch_2.bin",
                          "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
                    batch("data_batch_3.bin",
                          "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
                    batch("data_batch_4.bin",
                          "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
                    batch("data_batch_5.bin",
                          "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
                    batch("test_batch.bin",
                          "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b")},
                   "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (unpack it)"),
      like_cifar10("cifar10-subset", "the first 4000 and 1000 photographs of CIFAR-10", 4000, 1000,
                   {{.name = "data_batch_1_first4000.bin",
                     .bytes = 11349652,
                     .sha256 = "d32c18318de59292af92f571821e2570d0ce4d63cf4b3de2570ee51bf268ee72"},
                    {.name = "test_batch_first1000.bin",
                     .bytes = 2834548,
                     .sha256 = "3d5e72c2623a79c57b916d8669b4cba52fa2984d04cb8cd7d256902adc743432"}},
                   "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (cut from "
                   "data_batch_1.bin and test_batch.bin)"),
  };
}

}  // namespace autonet::internal
