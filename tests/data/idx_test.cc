#include "data/idx.h"

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

std::string word(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

/// Images of 2 rows and 3 columns.
std::string image_file(const std::string& pixels, std::uint32_t count) {
  return word(2051) + word(count) + word(2) + word(3) + pixels;
}
std::string label_file(const std::string& labels, std::uint32_t count) {
  return word(2049) + word(count) + labels;
}

const std::string kPixels("\x00\x01\x02\x7f\x80\xff\x0a\x0b\x0c\x0d\x0e\x0f", 12);
const std::string kLabels("\x03\x09", 2);

std::string error_of(const std::string& images, const std::string& labels, Index count = 0) {
  const ScratchFolder folder;
  const std::string image_path = folder.write("images", images);
  const std::string label_path = folder.write("labels", labels);
  const std::string error = data_error([&] { read_idx(image_path, label_path, 2, 3, 10, count); });
  const std::string start = "reading " + folder.path();
  return contains(error, start) ? error.substr(start.size()) : error;
}

TEST_CASE("IDX bytes become pixels from 0 to 255, packed or not") {
  const ScratchFolder folder;
  const Images images = read_idx(folder.write("images", image_file(kPixels, 2)),
                                 folder.write_gzip("labels.gz", label_file(kLabels, 2)), 2, 3, 10);
  CHECK(images.count == 2);
  CHECK(images.rows == 2);
  CHECK(images.cols == 3);
  CHECK(images.channels == 1);
  CHECK(images.pixels == std::vector<float>{0, 1, 2, 127, 128, 255, 10, 11, 12, 13, 14, 15});
  CHECK(images.labels == std::vector<std::int32_t>{3, 9});
}

TEST_CASE("the error for a wrong header gives the byte, what was expected and what was found") {
  const std::string labels = label_file(kLabels, 2);
  const std::string images = image_file(kPixels, 2);
  CHECK(error_of(images, labels).empty());
  CHECK(error_of(labels, labels) ==
        "images: at byte 0: expected the magic number 2051, found 2049");
  CHECK(error_of(images, images) ==
        "labels: at byte 0: expected the magic number 2049, found 2051");
  CHECK(error_of(word(2051) + word(2) + word(28) + word(3) + kPixels, labels) ==
        "images: at byte 8: expected the number of rows 2, found 28");
  CHECK(error_of(word(2051) + word(2) + word(2) + word(4) + kPixels, labels) ==
        "images: at byte 12: expected the number of columns 3, found 4");
  CHECK(error_of(image_file(kPixels, 3), labels) ==
        "images: at byte 4: expected the count 2, found 3");
  CHECK(error_of(images, labels, 5) == "labels: at byte 4: expected the count 5, found 2");
  CHECK(error_of(images, label_file("", 0)) ==
        "labels: at byte 4: expected a count from 1 to 1000000, found 0");
  CHECK(error_of(images, label_file(kLabels, 0xffffffff)) ==
        "labels: at byte 4: expected a count from 1 to 1000000, found 4294967295");
}

TEST_CASE("files that are cut short or too long are refused") {
  const std::string labels = label_file(kLabels, 2);
  const std::string images = image_file(kPixels, 2);
  for (size_t length = 0; length < images.size(); ++length) {
    CAPTURE(length);
    const std::string error = error_of(images.substr(0, length), labels);
    REQUIRE(contains(error, "images: at byte " + std::to_string(length)));
    REQUIRE(contains(error, length < 16 ? "the file ends in its header" : "cut short"));
  }
  for (size_t length = 0; length < labels.size(); ++length) {
    CAPTURE(length);
    REQUIRE(contains(error_of(images, labels.substr(0, length)),
                     "labels: at byte " + std::to_string(length)));
  }
  CHECK(error_of(images + "x", labels) ==
        "images: at byte 28: expected 28 bytes (the header announces 2 items of 6 bytes), found "
        "29; bytes follow the last item");
  CHECK(contains(error_of(images + std::string(9000, 'x'), labels), "expected at most"));
}

TEST_CASE("the error for a label outside the classes gives its byte") {
  CHECK(error_of(image_file(kPixels, 2), label_file("\x03\x0a", 2)) ==
        "labels: at byte 9: expected a label from 0 to 9, found 10");
  CHECK(contains(error_of(image_file(kPixels, 2), label_file("\xff\x03", 2)), "found 255"));
}

void check_published(const std::string& name, const std::vector<int>& train_histogram,
                     const std::vector<int>& test_histogram, double train_mean,
                     double train_deviation, double test_mean, double test_deviation,
                     const std::vector<std::int32_t>& train_labels,
                     const std::vector<std::int32_t>& test_labels) {
  const auto folder = published(name);
  if (!folder) return;
  const auto read = [&](const std::string& part, Index count) {
    return read_idx(*folder + "/" + part + "-images-idx3-ubyte.gz",
                    *folder + "/" + part + "-labels-idx1-ubyte.gz", 28, 28, 10, count);
  };
  const Images train = read("train", 60000);
  CHECK(histogram(train) == train_histogram);
  CHECK(mean(train) / 255 == doctest::Approx(train_mean).epsilon(4e-6));
  CHECK(deviation(train) / 255 == doctest::Approx(train_deviation).epsilon(4e-6));
  CHECK(first_labels(train, 10) == train_labels);
  const Images test = read("t10k", 10000);
  CHECK(histogram(test) == test_histogram);
  CHECK(mean(test) / 255 == doctest::Approx(test_mean).epsilon(4e-6));
  CHECK(deviation(test) / 255 == doctest::Approx(test_deviation).epsilon(4e-6));
  CHECK(first_labels(test, 10) == test_labels);
}

TEST_CASE("the published MNIST files match their description") {
  check_published("mnist", {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
                  {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, 0.130660, 0.308108,
                  0.132515, 0.310480, {5, 0, 4, 1, 9, 2, 1, 3, 1, 4},
                  {7, 2, 1, 0, 4, 1, 4, 9, 5, 9});
}

TEST_CASE("the published Fashion-MNIST files match their description") {
  check_published("fashion-mnist", std::vector<int>(10, 6000), std::vector<int>(10, 1000), 0.286041,
                  0.353024, 0.286849, 0.352444, {9, 0, 0, 3, 0, 2, 7, 2, 5, 5},
                  {9, 2, 1, 1, 6, 1, 4, 6, 5, 7});
}

}  // namespace
}  // namespace autonet::internal
