#include "data/cifar.h"

#include <iterator>
#include <utility>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/table.h"

namespace autonet::internal {
namespace {

constexpr const char* kCitation =
    "A. Krizhevsky, \"Learning Multiple Layers of Features from Tiny Images\", technical report, "
    "University of Toronto, 2009";
constexpr Index kSide = 32;
constexpr Index kPlane = kSide * kSide;
constexpr Index kChannels = 3;
constexpr Index kPixels = kChannels * kPlane;
constexpr Index kMostRecords = 100'000;

/// labels: the bytes before the pixels of a record, of which the last is the label.
void append(Images& images, const std::string& path, Index count, Index labels, int classes) {
  const Index record_bytes = labels + kPixels;
  // One record more than expected, so that the error for a longer file says where it should end.
  const Index most = (count > 0 ? count : kMostRecords) + 1;
  const std::string bytes = read_unpacked(path, most * record_bytes);
  const auto size = static_cast<Index>(bytes.size());
  const Index records = size / record_bytes;
  if (size % record_bytes != 0) {
    fail_at_byte(path, records * record_bytes, "expected a whole record of ", record_bytes,
                 " bytes, the file ends after ", size % record_bytes, " of them");
  }
  if (count > 0 ? records != count : records == 0) {
    fail_at_byte(path, size, "expected ", count > 0 ? text::concat(count) : "some", " records of ",
                 record_bytes, " bytes, found ", records);
  }
  images.pixels.reserve(images.pixels.size() + static_cast<size_t>(records * kPixels));
  for (Index r = 0; r < records; ++r) {
    const auto* record = reinterpret_cast<const unsigned char*>(bytes.data()) + r * record_bytes;
    const int label = record[labels - 1];
    if (label >= classes) {
      fail_at_byte(path, r * record_bytes + labels - 1, "expected a label from 0 to ", classes - 1,
                   ", found ", label);
    }
    images.labels.push_back(label);
    for (Index i = 0; i < kPlane; ++i) {  // planes become the innermost axis: [C,H,W] -> [H,W,C]
      for (Index c = 0; c < kChannels; ++c) {
        images.pixels.push_back(static_cast<float>(record[labels + c * kPlane + i]));
      }
    }
  }
  images.count += records;
}

}  // namespace

Images read_cifar10(const std::vector<std::string>& paths, Index count_per_file) {
  Images images{.rows = kSide, .cols = kSide, .channels = kChannels};
  for (const std::string& path : paths) append(images, path, count_per_file, 1, 10);
  return images;
}

Images read_cifar100(const std::string& path, Index count) {
  Images images{.rows = kSide, .cols = kSide, .channels = kChannels};
  append(images, path, count, 2, 100);
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
          .citation = kCitation,
          .read = [](const DatasetInfo& info, const std::vector<std::string>& paths) -> Dataset {
            const std::vector<std::string> train(paths.begin(), paths.end() - 1);
            return {read_cifar10(train, info.train_count / std::ssize(train)),
                    read_cifar10({paths.back()}, info.test_count)};
          }};
}

}  // namespace

std::vector<DatasetInfo> cifar_sets() {
  const std::string server = "https://www.cs.toronto.edu/~kriz/";
  const auto batch = [](const char* name, const char* sha256) -> DatasetFile {
    return {.name = name, .gzipped = false, .bytes = 10'000 * (1 + kPixels), .sha256 = sha256};
  };
  std::vector<DatasetInfo> sets = {
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
      {.name = "cifar100",
       .title = "CIFAR-100 photographs, fine labels",
       .image = {kSide, kSide, kChannels},
       .train_count = 50000,
       .test_count = 10000,
       .class_names = {"apple",    "aquarium fish", "baby",       "bear",         "beaver",
                       "bed",      "bee",           "beetle",     "bicycle",      "bottle",
                       "bowl",     "boy",           "bridge",     "bus",          "butterfly",
                       "camel",    "can",           "castle",     "caterpillar",  "cattle",
                       "chair",    "chimpanzee",    "clock",      "cloud",        "cockroach",
                       "couch",    "crab",          "crocodile",  "cup",          "dinosaur",
                       "dolphin",  "elephant",      "flatfish",   "forest",       "fox",
                       "girl",     "hamster",       "house",      "kangaroo",     "keyboard",
                       "lamp",     "lawn mower",    "leopard",    "lion",         "lizard",
                       "lobster",  "man",           "maple tree", "motorcycle",   "mountain",
                       "mouse",    "mushroom",      "oak tree",   "orange",       "orchid",
                       "otter",    "palm tree",     "pear",       "pickup truck", "pine tree",
                       "plain",    "plate",         "poppy",      "porcupine",    "possum",
                       "rabbit",   "raccoon",       "ray",        "road",         "rocket",
                       "rose",     "sea",           "seal",       "shark",        "shrew",
                       "skunk",    "skyscraper",    "snail",      "snake",        "spider",
                       "squirrel", "streetcar",     "sunflower",  "sweet pepper", "table",
                       "tank",     "telephone",     "television", "tiger",        "tractor",
                       "train",    "trout",         "tulip",      "turtle",       "wardrobe",
                       "whale",    "willow tree",   "wolf",       "woman",        "worm"},
       .files = {{.name = "train.bin",
                  .gzipped = false,
                  .bytes = 50'000 * (2 + kPixels),
                  .sha256 = "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"},
                 {.name = "test.bin",
                  .gzipped = false,
                  .bytes = 10'000 * (2 + kPixels),
                  .sha256 = "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"}},
       .source = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz (unpack it)",
       .read = [](const DatasetInfo& info, const std::vector<std::string>& paths) -> Dataset {
         return {read_cifar100(paths[0], info.train_count),
                 read_cifar100(paths[1], info.test_count)};
       }},
  };
  DatasetInfo& cifar10 = sets.front();
  cifar10.servers = {server};
  cifar10.archive = {.name = "cifar-10-binary.tar",
                     .bytes = 170052171,
                     .sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"};
  DatasetInfo& cifar100 = sets.back();
  cifar100.servers = {server};
  cifar100.archive = {.name = "cifar-100-binary.tar",
                      .bytes = 168513733,
                      .sha256 = "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"};
  cifar100.citation = kCitation;
  return sets;
}

}  // namespace autonet::internal
