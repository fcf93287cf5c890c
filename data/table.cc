#include "data/table.h"

#include "autograd/error.h"
#include "data/cifar.h"
#include "data/digits.h"
#include "data/idx.h"
#include "data/usps.h"

namespace autonet {
namespace {

// The drawn digits are one fixed data set, like a published one: the seed of a model chooses the
// hold-out, not the digits.
constexpr std::uint64_t kDigitsSeed = 1;

Dataset make_digits(const DatasetInfo& info, const std::vector<std::string>&) {
  return {draw_digits(info.train_count, kDigitsSeed, 0),
          draw_digits(info.test_count, kDigitsSeed, 1)};
}

Dataset read_usps_set(const DatasetInfo& info, const std::vector<std::string>& paths) {
  return {read_usps(paths[0], info.train_count), read_usps(paths[1], info.test_count)};
}

Dataset read_idx_set(const DatasetInfo& info, const std::vector<std::string>& paths) {
  const auto part = [&](size_t first, Index count) {
    return read_idx(paths[first], paths[first + 1], info.rows, info.cols, info.classes(), count);
  };
  return {part(0, info.train_count), part(2, info.test_count)};
}

/// All files but the last are for training, and hold equally many images.
Dataset read_cifar_set(const DatasetInfo& info, const std::vector<std::string>& paths) {
  const std::vector<std::string> train(paths.begin(), paths.end() - 1);
  return {read_cifar10(train, info.train_count / static_cast<Index>(train.size())),
          read_cifar10({paths.back()}, info.test_count)};
}

}  // namespace

const std::vector<DatasetInfo>& dataset_table() {
  static const std::vector<std::string> kDigitNames = {"0", "1", "2", "3", "4",
                                                       "5", "6", "7", "8", "9"};
  static const std::vector<std::string> kClothes = {
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
      "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  static const std::vector<std::string> kThings = {
      "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  static const std::vector<DatasetInfo> kTable = {
      {"digits",
       "digits that the program draws",
       16,
       16,
       1,
       7291,
       2007,
       -1,
       1,
       kDigitNames,
       {},
       "nowhere: they are built in",
       &make_digits},
      {"usps",
       "USPS ZIP code digits",
       16,
       16,
       1,
       7291,
       2007,
       -1,
       1,
       kDigitNames,
       {{"zip.train", true, 1829071, 14512253,
         "66ebf231ab51f2cf6ac1a892d0f98ccffee1079d7a5db638c1f11f366046ca16"},
        {"zip.test", true, 439208, 2029542,
         "8dacc3c6e136af6c3488de9e5113a7daf140c8c2f1f0b61c54ee02f03f1a962f"}},
       "https://hastie.su.domains/ElemStatLearn/data.html (ZIP code)",
       &read_usps_set},
      {"mnist",
       "MNIST handwritten digits",
       28,
       28,
       1,
       60000,
       10000,
       0,
       255,
       kDigitNames,
       {{"train-images-idx3-ubyte", true, 9912422, 47040016,
         "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
        {"train-labels-idx1-ubyte", true, 28881, 60008,
         "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
        {"t10k-images-idx3-ubyte", true, 1648877, 7840016,
         "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
        {"t10k-labels-idx1-ubyte", true, 4542, 10008,
         "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}},
       "http://yann.lecun.com/exdb/mnist/ or https://storage.googleapis.com/cvdf-datasets/mnist/",
       &read_idx_set},
      {"fashion-mnist",
       "Fashion-MNIST clothing",
       28,
       28,
       1,
       60000,
       10000,
       0,
       255,
       kClothes,
       {{"train-images-idx3-ubyte", true, 26421880, 47040016,
         "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
        {"train-labels-idx1-ubyte", true, 29515, 60008,
         "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
        {"t10k-images-idx3-ubyte", true, 4422102, 7840016,
         "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
        {"t10k-labels-idx1-ubyte", true, 5148, 10008,
         "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}},
       "https://github.com/zalandoresearch/fashion-mnist",
       &read_idx_set},
      {"cifar10",
       "CIFAR-10 photographs",
       32,
       32,
       3,
       50000,
       10000,
       0,
       255,
       kThings,
       {{"data_batch_1.bin", false, 30730000, 30730000,
         "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
        {"data_batch_2.bin", false, 30730000, 30730000,
         "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
        {"data_batch_3.bin", false, 30730000, 30730000,
         "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
        {"data_batch_4.bin", false, 30730000, 30730000,
         "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
        {"data_batch_5.bin", false, 30730000, 30730000,
         "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
        {"test_batch.bin", false, 30730000, 30730000,
         "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"}},
       "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (unpack it)",
       &read_cifar_set},
      {"cifar10-subset",
       "the first 4000 and 1000 photographs of CIFAR-10",
       32,
       32,
       3,
       4000,
       1000,
       0,
       255,
       kThings,
       {{"data_batch_1_first4000.bin", true, 11349652, 12292000,
         "d32c18318de59292af92f571821e2570d0ce4d63cf4b3de2570ee51bf268ee72"},
        {"test_batch_first1000.bin", true, 2834548, 3073000,
         "3d5e72c2623a79c57b916d8669b4cba52fa2984d04cb8cd7d256902adc743432"}},
       "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (cut from data_batch_1.bin and "
       "test_batch.bin)",
       &read_cifar_set},
  };
  return kTable;
}

const DatasetInfo& find_dataset(std::string_view name) {
  std::string known;
  for (const DatasetInfo& info : dataset_table()) {
    if (info.name == name) return info;
    known += (known.empty() ? "" : ", ") + info.name;
  }
  throw ModelError("unknown data set \"" + std::string(name) + "\"; known are " + known);
}

}  // namespace autonet
