#include "data/folder.h"

#include "data/picture.h"
#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

/// A grey picture in the form PGM with these pixels.
std::string pgm(int rows, int cols, const std::string& pixels) {
  return "P5 " + std::to_string(cols) + " " + std::to_string(rows) + " 255\n" + pixels;
}

std::string ppm(int rows, int cols, const std::string& pixels) {
  return "P6 " + std::to_string(cols) + " " + std::to_string(rows) + " 255\n" + pixels;
}

// Written by other programs; see tests/data/samples.py.
#include "tests/data/samples.inc"

template <size_t N>
std::string bytes_of(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

std::string error_of(const ScratchFolder& folder, const DataSpec& spec = {},
                     const std::vector<std::string>& names = {}) {
  const std::string error = data_error([&] { list_pictures(spec, folder.path("f"), names); });
  std::string text = error;
  for (size_t at = 0; (at = text.find(folder.path(), at)) != text.npos;)
    text.replace(at, folder.path().size(), "");
  return text;
}

TEST_CASE("each folder is a class, and the order is fixed") {
  const ScratchFolder folder;
  folder.write("f/rose/b.pgm", pgm(1, 2, "ab"));
  folder.write("f/rose/A.PGM", pgm(1, 2, "cd"));
  folder.write("f/rose/notes.txt", "no picture");
  folder.write("f/rose/.hidden.pgm", "no picture");
  folder.write("f/daisy/a.png", bytes_of(kPng));
  folder.write("f/.cache/x", "");
  folder.write("f/readme", "");
  DataSpec spec;
  spec.size = {1, 2};
  const PictureFolder list = list_pictures(spec, folder.path("f"), {});
  CHECK(list.class_names == std::vector<std::string>{"daisy", "rose"});
  REQUIRE(list.train.size() == 3);
  CHECK(list.test.empty());
  const std::string first = list.train[0].path;
  CHECK(list_pictures(spec, folder.path("f"), {}).train[0].path == first);
  const Examples examples = read_pictures(list.train, list.image);
  CHECK(examples.x.shape() == Shape{3, 1, 2, list.image[2]});
  const PictureFolder named = list_pictures(spec, folder.path("f"), {"rose", "daisy", "tulip"});
  CHECK(named.class_names.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(named.train[i].label == 1 - list.train[i].label);
}

TEST_CASE("train and test stand above the classes, and colour comes from all pictures") {
  const ScratchFolder folder;
  folder.write("f/train/a/1.pgm", pgm(1, 1, "x"));
  folder.write("f/train/b/1.pgm", pgm(1, 1, "y"));
  folder.write("f/test/b/1.ppm", ppm(1, 1, "\x0a\x14\x1e"));
  DataSpec spec;
  const PictureFolder list = list_pictures(spec, folder.path("f"), {});
  CHECK(list.train.size() == 2);
  REQUIRE(list.test.size() == 1);
  CHECK(list.test[0].label == 1);
  CHECK(list.image == std::array<Index, 3>{1, 1, 3});
  CHECK(read_pictures(list.test, list.image).x.to_vector() == std::vector<double>{10, 20, 30});
  const std::vector<double> grey = read_pictures(list.train, list.image).x.to_vector();
  CHECK(grey[0] == grey[2]);
  spec.colour = "grey";
  const PictureFolder greys = list_pictures(spec, folder.path("f"), {});
  CHECK(greys.image[2] == 1);
  CHECK(read_pictures(greys.test, greys.image).x.to_vector()[0] ==
        doctest::Approx(0.299 * 10 + 0.587 * 20 + 0.114 * 30));
  spec.colour = "rgb";
  CHECK(list_pictures(spec, folder.path("f"), {}).image[2] == 3);
}

TEST_CASE("PNG and JPEG files of other programs are read") {
  const ScratchFolder folder;
  const Picture png = read_picture(folder.write("a.png", bytes_of(kPng)));
  CHECK(png.rows == 2);
  CHECK(png.cols == 3);
  CHECK(png.channels == 3);
  CHECK(std::vector<int>(png.pixels.begin(), png.pixels.begin() + 6) ==
        std::vector<int>{255, 0, 0, 0, 255, 0});
  const Picture jpeg = read_picture(folder.write("a.jpg", bytes_of(kJpeg)));
  CHECK(jpeg.rows == 8);
  CHECK(jpeg.cols == 16);
  CHECK(jpeg.channels == 1);
  CHECK(jpeg.pixels[0] < 20);    // the left half is black,
  CHECK(jpeg.pixels[15] > 235);  // the right half white
  CHECK(picture_size(folder.path("a.jpg")) == std::array<Index, 3>{8, 16, 1});
  CHECK(picture_size(folder.path("a.png")) == std::array<Index, 3>{2, 3, 3});
}

TEST_CASE("pictures are resized by the mean of what a pixel covers, or between the centres") {
  const std::vector<float> row = {0, 10, 20, 30};
  CHECK(resized(row, {1, 4}, {1, 2}, 1) == std::vector<float>{5, 25});
  CHECK(resized(row, {4, 1}, {2, 1}, 1) == std::vector<float>{5, 25});
  CHECK(resized(row, {2, 2}, {1, 1}, 1) == std::vector<float>{15});
  CHECK(resized(row, {1, 2}, {1, 1}, 2) == std::vector<float>{10, 20});
  const std::vector<float> third = resized({0, 3, 6}, {1, 3}, {1, 2}, 1);
  CHECK(third[0] == doctest::Approx((0 + 3 * 0.5) / 1.5));
  CHECK(third[1] == doctest::Approx((3 * 0.5 + 6) / 1.5));
  CHECK(resized({0, 4}, {1, 2}, {1, 4}, 1) == std::vector<float>{0, 1, 3, 4});
  CHECK(resized({0, 4}, {2, 1}, {4, 1}, 1) == std::vector<float>{0, 1, 3, 4});
  CHECK(resized({7}, {1, 1}, {3, 2}, 1) == std::vector<float>(6, 7.0F));
  // Of a picture, in little memory, the same bits.
  Picture picture{.rows = 5, .cols = 7, .channels = 3, .pixels = {}};
  for (int i = 0; i < 105; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(i * i % 251));
  for (const Index channels : {1, 3}) {
    for (const std::array<Index, 2>& to :
         {std::array<Index, 2>{3, 2}, {5, 9}, {2, 7}, {5, 7}, {11, 13}}) {
      CHECK(resized(picture, to, channels) ==
            resized(with_channels(picture, channels), {5, 7}, to, channels));
    }
  }
}

TEST_CASE("the error for a wrong folder names the place and the way out") {
  const ScratchFolder folder;
  CHECK(contains(error_of(folder), "reading f: No such file"));
  folder.write("f/readme", "");
  CHECK(contains(error_of(folder), "reading f: no folders in it; it must have one folder"));
  folder.write("f/a/notes.txt", "");
  CHECK(contains(error_of(folder), "reading f/a: no pictures (.png"));
  folder.write("f/a/1.pgm", pgm(1, 2, "ab"));
  CHECK(error_of(folder).empty());
  CHECK(error_of(folder, {}, {"b"}) ==
        "reading f/a: this folder is not a class of the model or its training data; known: b");
  folder.write("f/b/1.pgm", pgm(2, 1, "ab"));
  const std::string sizes = error_of(folder);
  CHECK(contains(sizes, "f/a/1.pgm has 1 "));
  CHECK(contains(sizes, "f/b/1.pgm has 2 "));
  CHECK(contains(sizes, "add \"size\": [rows, columns] to \"data\""));
  DataSpec spec;
  spec.size = {65536, 65536};
  folder.write("f/b/2.pgm", pgm(1, 1, "a"));
  CHECK(contains(error_of(folder, spec), "choose a smaller \"size\""));
  const auto damaged = [&](const std::string& name, const std::string& content) {
    const std::string path = folder.write(name, content);
    const std::string error = data_error([&] { read_picture(path); });
    CHECK(contains(error, "reading " + path + ": "));
    return error;
  };
  CHECK(contains(damaged("x.png", ""), "neither a PNG, a JPEG nor"));
  CHECK(contains(damaged("x.png", "GIF89a.."), "neither a PNG, a JPEG nor"));
  const std::string png = bytes_of(kPng);
  const std::string jpeg = bytes_of(kJpeg);
  for (const size_t length : {size_t{8}, size_t{20}, png.size() / 2, png.size() - 14})
    CHECK(contains(damaged("x.png", png.substr(0, length)), "not a valid PNG"));
  for (const size_t length : {size_t{4}, size_t{20}, jpeg.size() / 2, jpeg.size() - 6})
    CHECK(contains(damaged("x.jpg", jpeg.substr(0, length)), "not a valid JPEG"));
  std::string large = png;  // claims 2^31 - 1 columns
  large[16] = '\x7f';
  large[17] = large[18] = large[19] = '\xff';
  damaged("x.png", large);
  std::string tall = jpeg;
  const size_t frame = tall.find("\xff\xc0");
  REQUIRE(frame != tall.npos);
  tall.replace(frame + 5, 4, std::string("\xf0\0\xf0\0", 4));
  CHECK(contains(damaged("x.jpg", tall), "a picture of 61440 rows and 61440 columns"));
}

}  // namespace
}  // namespace autonet::internal
