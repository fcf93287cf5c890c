#include "data/idx.h"

#include <algorithm>
#include <array>
#include <utility>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/own_files.h"
#include "data/table.h"

namespace autonet::internal {
namespace {

constexpr Index kMostImages = 1'000'000;
constexpr std::uint32_t kImageMagic = 0x00000803;  // unsigned bytes, three axes
constexpr std::uint32_t kLabelMagic = 0x00000801;  // unsigned bytes, one axis

std::string expected(const char* what, Index wanted, Index found) {
  return text::concat("expected ", what, " ", wanted, ", found ", found);
}

/// A file's content, after its header was checked against the size of the file.
struct Idx {
  std::string bytes;
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
  // A little more than expected, so that the error for a longer file says where it should end.
  idx.bytes =
      read_unpacked(path, idx.header + (count > 0 ? count : kMostImages) * item_bytes + 4096);
  const auto size = static_cast<Index>(idx.bytes.size());
  const auto word = [&](Index place) {
    if (place + 4 > size) {
      fail_at_byte(path, size, "the file ends in its header; expected ", idx.header,
                   " bytes of header");
    }
    std::uint32_t value = 0;
    for (Index i = 0; i < 4; ++i) {
      value = value << 8 | static_cast<unsigned char>(idx.bytes[static_cast<size_t>(place + i)]);
    }
    return value;
  };
  if (word(0) != magic) fail_at_byte(path, 0, expected("the magic number", magic, word(0)));
  idx.count = word(4);
  for (size_t axis = 0; axis < item.size(); ++axis) {
    const Index place = 8 + 4 * static_cast<Index>(axis);
    if (word(place) != item[axis]) {
      fail_at_byte(path, place,
                   expected(axis == 0 ? "the number of rows" : "the number of columns", item[axis],
                            word(place)));
    }
  }
  if (count > 0 && idx.count != count)
    fail_at_byte(path, 4, expected("the count", count, idx.count));
  if (idx.count == 0 || idx.count > kMostImages) {
    fail_at_byte(path, 4, "expected a count from 1 to ", kMostImages, ", found ", idx.count);
  }
  const Index wanted = idx.header + idx.count * item_bytes;
  if (size != wanted) {
    fail_at_byte(path, std::min(size, wanted), "expected ", wanted, " bytes (the header announces ",
                 idx.count, " items of ", item_bytes, " bytes), found ", size,
                 size < wanted ? "; the file is cut short" : "; bytes follow the last item");
  }
  return idx;
}

}  // namespace

Images read_idx(const std::string& image_path, const std::string& label_path, Index rows,
                Index cols, Index classes, Index count) {
  // Labels come first: their number limits the size of the unpacked images.
  const Idx labels = read(label_path, kLabelMagic, {}, count);
  const Idx pixels = read(image_path, kImageMagic, {rows, cols}, labels.count);
  Images images{.count = labels.count, .rows = rows, .cols = cols, .channels = 1};
  images.labels.reserve(static_cast<size_t>(images.count));
  for (Index i = 0; i < images.count; ++i) {
    const Index place = labels.header + i;
    const int label = static_cast<unsigned char>(labels.bytes[static_cast<size_t>(place)]);
    if (label >= classes) {
      fail_at_byte(label_path, place, "expected a label from 0 to ", classes - 1, ", found ",
                   label);
    }
    images.labels.push_back(label);
  }
  images.pixels.resize(static_cast<size_t>(images.count * rows * cols));
  std::transform(pixels.bytes.begin() + pixels.header, pixels.bytes.end(), images.pixels.begin(),
                 [](char byte) { return static_cast<float>(static_cast<unsigned char>(byte)); });
  return images;
}

Array read_idx_array(const std::string& path) {
  const std::string bytes = read_unpacked(path, kMostOwnBytes);
  const auto size = static_cast<Index>(bytes.size());
  const auto byte = [&](Index place) {
    return static_cast<unsigned char>(bytes[static_cast<size_t>(place)]);
  };
  if (size < 4 || byte(0) != 0 || byte(1) != 0 || byte(2) != 8 || byte(3) < 1 || byte(3) > 4) {
    fail_at_byte(path, 0,
                 "expected the magic number of an IDX file of unsigned bytes with 1 to 4 "
                 "axes, the bytes 0 0 8 and 1 to 4");
  }
  const Index axes = byte(3);
  const Index header = 4 + 4 * axes;
  if (size < header) {
    fail_at_byte(path, size, "the file ends in its header; expected ", header, " bytes of header");
  }
  std::vector<Index> lengths;
  Index count = 1;
  for (Index place = 4; place < header; place += 4) {
    Index length = 0;
    for (Index i = 0; i < 4; ++i) length = length << 8 | byte(place + i);
    // The numbers must be in the file: more is not multiplied, and nothing is allocated for it.
    if (length < 1 || length > size / count) {
      fail_at_byte(path, place, "expected a length from 1 to ", size / count, ", as the file has ",
                   size, " bytes, found ", length);
    }
    count *= length;
    lengths.push_back(length);
  }
  if (size != header + count) {
    fail_at_byte(path, std::min(size, header + count), "expected ", header + count,
                 " bytes (the header announces ", count, " numbers), found ", size,
                 size < header + count ? "; the file is cut short" : "");
  }
  Array array = Array::uninitialized({Shape(lengths), DType::f32});
  std::transform(bytes.begin() + header, bytes.end(), array.data<float>(),
                 [](char c) { return static_cast<float>(static_cast<unsigned char>(c)); });
  return array;
}

namespace {

struct Published {
  Index bytes;
  const char* sha256;
};

/// A set in the form of MNIST: 28x28 bytes, 60,000 images to train on and 10,000 to test, in four
/// files of the same names.
DatasetInfo like_mnist(std::string name, std::string title, std::vector<std::string> class_names,
                       const std::array<Published, 4>& published, std::string source) {
  DatasetInfo info{.name = std::move(name),
                   .title = std::move(title),
                   .image = {28, 28, 1},
                   .train_count = 60000,
                   .test_count = 10000,
                   .class_names = std::move(class_names),
                   .files = {},
                   .source = std::move(source),
                   .read = [](const DatasetInfo& set, const std::vector<std::string>& paths) {
                     const auto part = [&](size_t first, Index count) {
                       return read_idx(paths[first], paths[first + 1], set.image[0], set.image[1],
                                       set.classes(), count);
                     };
                     return Dataset{part(0, set.train_count), part(2, set.test_count)};
                   }};
  const char* const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                               "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  for (size_t i = 0; i < published.size(); ++i) {
    info.files.push_back(
        {.name = names[i], .bytes = published[i].bytes, .sha256 = published[i].sha256});
  }
  return info;
}

}  // namespace

std::vector<DatasetInfo> idx_sets() {
  std::vector<DatasetInfo> sets = {
      like_mnist("mnist", "MNIST handwritten digits", digit_names(),
                 {{{9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
                   {28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
                   {1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
                   {4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}}},
                 "http://yann.lecun.com/exdb/mnist/ or "
                 "https://storage.googleapis.com/cvdf-datasets/mnist/"),
      like_mnist("fashion-mnist", "Fashion-MNIST clothing",
                 {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                  "Sneaker", "Bag", "Ankle boot"},
                 {{{26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
                   {29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
                   {4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
                   {5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}}},
                 "https://github.com/zalandoresearch/fashion-mnist"),
  };
  sets[0].servers = {"https://storage.googleapis.com/cvdf-datasets/mnist/",
                     "https://ossci-datasets.s3.amazonaws.com/mnist/",
                     "http://yann.lecun.com/exdb/mnist/"};
  sets[0].licence = "CC BY-SA 3.0";
  sets[0].citation =
      "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, \"Gradient-based learning applied to document "
      "recognition\", Proc. IEEE 86(11):2278-2324, 1998";
  sets[1].servers = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                     "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"};
  sets[1].licence = "MIT, Copyright 2017 Zalando SE";
  sets[1].citation =
      "H. Xiao, K. Rasul, R. Vollgraf, \"Fashion-MNIST: a Novel Image Dataset for Benchmarking "
      "Machine Learning Algorithms\", arXiv:1708.07747, 2017";
  return sets;
}

}  // namespace autonet::internal
