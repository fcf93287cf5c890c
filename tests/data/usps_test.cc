#include "data/usps.h"

#include "data/file_bytes.h"
#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

/// A line in the style of the test file: the digit, then 256 times the same pixel.
std::string line(const std::string& digit, const std::string& pixel = "-1", int pixels = 256) {
  std::string text = digit;
  for (int i = 0; i < pixels; ++i) text += " " + pixel;
  return text + "\n";
}

std::string error_of(const std::string& text, Index count = 0) {
  const ScratchFolder folder;
  const std::string path = folder.write("zip.test", text);
  const std::string error = data_error([&] { read_usps(path, count); });
  INFO(error);
  if (!error.empty()) CHECK(contains(error, "reading " + path + ": "));
  return error.empty() ? error : error.substr(error.find(path) + path.size() + 2);
}

TEST_CASE("both number styles are read") {
  const ScratchFolder folder;
  std::string train = line("6.0000", "-0.6310");
  train.insert(train.size() - 1, " ");  // a blank before the newline
  const Images images = read_usps(folder.write("zip", train + line("9", "0.29")));
  CHECK(images.count == 2);
  CHECK(images.rows == 16);
  CHECK(images.cols == 16);
  CHECK(images.channels == 1);
  CHECK(images.labels == std::vector<std::int32_t>{6, 9});
  REQUIRE(images.pixels.size() == 512);
  CHECK(images.pixels[0] == -0.631F);
  CHECK(images.pixels[255] == -0.631F);
  CHECK(images.pixels[256] == 0.29F);
}

TEST_CASE("DOS line ends and gzip make no difference") {
  const ScratchFolder folder;
  std::string dos = line("3", "1");
  dos.insert(dos.size() - 1, "\r");
  CHECK(read_usps(folder.write("dos", dos)).labels == std::vector<std::int32_t>{3});
  const Images packed = read_usps(folder.write_gzip("zip.gz", line("3", "0.5")));
  CHECK(packed.pixels == std::vector<float>(256, 0.5F));
}

TEST_CASE("the error for a wrong number gives its line and column") {
  CHECK(error_of("") == "expected images, the file is empty");
  CHECK(error_of(line("1") + line("x")) ==
        "line 2, column 1: expected a digit from 0 to 9, found \"x\"");
  CHECK(error_of(line("10")) == "line 1, column 1: expected a digit from 0 to 9, found \"10\"");
  CHECK(error_of(line("-1")) == "line 1, column 1: expected a digit from 0 to 9, found \"-1\"");
  CHECK(error_of(line("2.5")) == "line 1, column 1: expected a digit from 0 to 9, found \"2.5\"");
  for (const std::string bad : {"1.001", "-1.5", "nan", "inf", "abc", "0.5x", "1e400", "--1"}) {
    CAPTURE(bad);
    CHECK(error_of(line("4") + "7 -1 " + line(bad)) ==
          "line 2, column 6: expected a pixel in [-1, 1], found \"" + bad + "\"");
  }
}

TEST_CASE("control characters and long words do not reach the error text") {
  CHECK(error_of("\x1b[31m\n") ==
        "line 1, column 1: expected a digit from 0 to 9, found \"?[31m\"");
  CHECK(error_of(std::string(5000, 'a')) ==
        "line 1, column 1: expected a digit from 0 to 9, found \"aaaaaaaaaaaaaaaaaaaa...\"");
}

TEST_CASE("a line has 257 numbers") {
  CHECK(error_of(line("1", "0", 255)) ==
        "line 1, column 512: expected 257 numbers (the digit and 256 pixels), the line ends after "
        "256");
  CHECK(error_of(line("1", "0", 257)) ==
        "line 1, column 515: expected the end of the line after 257 numbers, found \"0\"");
  CHECK(contains(error_of(line("1") + "\n"), "line 2, column 1: expected 257 numbers"));
}

TEST_CASE("a file that is cut short is refused, even after its last number") {
  const std::string whole = line("1", "0");
  CHECK(error_of(whole.substr(0, whole.size() - 1)) ==
        "line 1, column 514: expected a newline, the file ends; it may be cut short");
  CHECK(contains(error_of(whole.substr(0, 100)), "the line ends after 50"));
}

TEST_CASE("the number of lines is compared with the published one") {
  CHECK(error_of(line("1") + line("2"), 2).empty());
  CHECK(error_of(line("1") + line("2"), 3) ==
        "the file ends after line 2, expected 3 lines; it may be cut short");
  CHECK(error_of(line("1") + line("2"), 1) ==
        "line 2, column 1: expected the end of the file after 1 lines");
}

TEST_CASE("gzip data are checked to the last byte") {
  const ScratchFolder folder;
  const std::string whole = file_content(folder.write_gzip("whole.gz", line("1") + line("2")));
  for (size_t length = 2; length < whole.size(); ++length) {
    CAPTURE(length);
    const std::string path = folder.write("cut.gz", whole.substr(0, length));
    REQUIRE(contains(data_error([&] { read_usps(path); }), "cut short"));
  }
  const std::string error = data_error([&] { read_usps(folder.write("long.gz", whole + "more")); });
  CHECK(contains(error, "at byte " + std::to_string(whole.size()) +
                            ": the gzip data end here, but 4 bytes follow"));
  for (size_t i = 10; i < whole.size(); ++i) {  // after the header, every bit is checked
    CAPTURE(i);
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    REQUIRE(!data_error([&] { read_usps(folder.write("damaged.gz", damaged)); }).empty());
  }
  CHECK(read_usps(folder.write("two.gz", whole + whole)).count == 4);
}

TEST_CASE("unpacking stops at the limit") {
  const ScratchFolder folder;
  const std::string path = folder.write_gzip("bomb.gz", std::string(1 << 20, '0'));
  CHECK(contains(data_error([&] { read_unpacked(path, 1000); }),
                 "unpacks to more than the 1000 bytes that it may hold"));
  CHECK(read_unpacked(path, 1 << 20).size() == 1 << 20);
  CHECK(!data_error([&] { read_unpacked(path, (1 << 20) - 1); }).empty());
  const std::string plain = folder.write("plain", std::string(10000, '0'));
  CHECK(contains(data_error([&] { read_unpacked(plain, 1000); }), "the file has 10000 bytes"));
  CHECK(contains(data_error([&] { read_unpacked(plain, 9999); }), "expected at most 9999"));
  CHECK(read_unpacked(plain, 10000).size() == 10000);
}

TEST_CASE("the error names a path that is not a file") {
  const ScratchFolder folder;
  CHECK(contains(data_error([&] { read_usps(folder.path("none")); }), "none: No such file"));
  CHECK(contains(data_error([&] { read_usps(folder.path()); }), "not a regular file"));
}

TEST_CASE("the published USPS files match their description") {
  const auto folder = published("usps");
  if (!folder) return;
  const Images train = read_usps(*folder + "/zip.train.gz", 7291);
  const Images test = read_usps(*folder + "/zip.test.gz", 2007);
  CHECK(histogram(train) == std::vector<int>{1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644});
  CHECK(histogram(test) == std::vector<int>{359, 264, 198, 166, 200, 160, 170, 147, 166, 177});
  CHECK(mean(train) == doctest::Approx(-0.491039).epsilon(1e-6));
  CHECK(deviation(train) == doctest::Approx(0.769241).epsilon(1e-6));
  CHECK(mean(test) == doctest::Approx(-0.464782).epsilon(1e-6));
  CHECK(deviation(test) == doctest::Approx(0.785174).epsilon(1e-6));
  CHECK(first_labels(train, 20) ==
        std::vector<std::int32_t>{6, 5, 4, 7, 3, 6, 3, 1, 0, 1, 7, 0, 1, 1, 7, 7, 4, 8, 0, 1});
  CHECK(first_labels(test, 10) == std::vector<std::int32_t>{9, 6, 3, 6, 6, 0, 0, 0, 6, 9});
}

}  // namespace
}  // namespace autonet::internal
