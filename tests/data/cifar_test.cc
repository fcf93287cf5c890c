#include "data/cifar.h"

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

/// A record whose planes start with the three given bytes.
std::string record(int label, int red, int green, int blue) {
  std::string bytes(3073, '\0');
  bytes[0] = static_cast<char>(label);
  bytes[1] = static_cast<char>(red);
  bytes[1 + 1024] = static_cast<char>(green);
  bytes[1 + 2048] = static_cast<char>(blue);
  bytes[3072] = '\xff';  // the last blue pixel
  return bytes;
}

std::string error_of(const std::string& content, Index count = 0) {
  const ScratchFolder folder;
  const std::string path = folder.write("batch.bin", content);
  const std::string error = data_error([&] { read_cifar10({path}, count); });
  const std::string start = "reading " + path + ": ";
  return contains(error, start) ? error.substr(start.size()) : error;
}

TEST_CASE("planes become channels, and batches are joined in order") {
  const ScratchFolder folder;
  const Images images =
      read_cifar10({folder.write("a.bin", record(6, 59, 62, 63) + record(9, 1, 2, 3)),
                    folder.write_gzip("b.bin.gz", record(0, 255, 0, 7))});
  CHECK(images.count == 3);
  CHECK(images.rows == 32);
  CHECK(images.cols == 32);
  CHECK(images.channels == 3);
  CHECK(images.labels == std::vector<std::int32_t>{6, 9, 0});
  REQUIRE(images.pixels.size() == 3 * 3072);
  CHECK(images.pixels[0] == 59);
  CHECK(images.pixels[1] == 62);
  CHECK(images.pixels[2] == 63);
  CHECK(images.pixels[3] == 0);
  CHECK(images.pixels[3071] == 255);
  CHECK(images.pixels[3072] == 1);
  CHECK(images.pixels[2 * 3072 + 2] == 7);
}

TEST_CASE("the error for a damaged batch gives the byte, what was expected and what was found") {
  const std::string two = record(1, 0, 0, 0) + record(2, 0, 0, 0);
  CHECK(error_of(two, 2).empty());
  CHECK(error_of("") == "at byte 0: expected some records of 3073 bytes, found 0");
  CHECK(error_of(two.substr(0, 5000)) ==
        "at byte 3073: expected a whole record of 3073 bytes, the file ends after 1927 of them");
  CHECK(error_of(two, 3) == "at byte 6146: expected 3 records of 3073 bytes, found 2");
  CHECK(error_of(two, 1) == "at byte 6146: expected 1 records of 3073 bytes, found 2");
  CHECK(error_of(record(1, 0, 0, 0) + record(10, 0, 0, 0)) ==
        "at byte 3073: expected a label from 0 to 9, found 10");
  CHECK(contains(error_of(two + two, 1), "expected at most"));
}

TEST_CASE("the second label of CIFAR-100 is the fine one") {
  const ScratchFolder folder;
  std::string bytes = "\x04" + record(99, 59, 62, 63) + "\x13" + record(7, 1, 2, 3);
  const Images images = read_cifar100(folder.write("train.bin", bytes), 2);
  CHECK(images.labels == std::vector<std::int32_t>{99, 7});
  CHECK(images.pixels[0] == 59);
  CHECK(images.pixels[1] == 62);
  CHECK(images.pixels[3072] == 1);
  bytes[3074 + 1] = 100;
  const std::string path = folder.write("train.bin", bytes);
  CHECK(data_error([&] { read_cifar100(path); }) ==
        "reading " + path + ": at byte 3075: expected a label from 0 to 99, found 100");
}

TEST_CASE("the published part of CIFAR-10 matches its description") {
  const auto folder = published("cifar10-subset");
  if (!folder) return;
  const Images train = read_cifar10({*folder + "/data_batch_1_first4000.bin.gz"}, 4000);
  const Images test = read_cifar10({*folder + "/test_batch_first1000.bin.gz"}, 1000);
  CHECK(histogram(train) == std::vector<int>{396, 366, 420, 384, 422, 393, 414, 385, 407, 413});
  CHECK(histogram(test) == std::vector<int>{103, 89, 100, 103, 90, 86, 112, 102, 106, 109});
  const double train_means[] = {0.491597, 0.481759, 0.444657};
  const double test_means[] = {0.496745, 0.486664, 0.451029};
  for (Index c = 0; c < 3; ++c) {
    CHECK(mean(train, c) / 255 == doctest::Approx(train_means[c]).epsilon(2e-6));
    CHECK(mean(test, c) / 255 == doctest::Approx(test_means[c]).epsilon(2e-6));
  }
  CHECK(first_labels(train, 10) == std::vector<std::int32_t>{6, 9, 9, 4, 1, 1, 2, 7, 8, 3});
  CHECK(first_labels(test, 10) == std::vector<std::int32_t>{3, 8, 8, 0, 6, 6, 1, 6, 3, 1});
  CHECK(std::vector<float>(train.pixels.begin(), train.pixels.begin() + 3) ==
        std::vector<float>{59, 62, 63});
  CHECK(std::vector<float>(test.pixels.begin(), test.pixels.begin() + 3) ==
        std::vector<float>{158, 112, 49});
}

}  // namespace
}  // namespace autonet::internal
