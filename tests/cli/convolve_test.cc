#include "cli/picture.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

std::vector<int> pixels_of(const Picture& picture) {
  return {picture.pixels.begin(), picture.pixels.end()};
}

std::string pgm(int cols, int rows, const std::vector<int>& pixels, const char* type = "P5") {
  std::string text = std::string(type) + "\n# a comment\n" + std::to_string(cols) + " " +
                     std::to_string(rows) + "\n255\n";
  for (const int pixel : pixels) text += static_cast<char>(pixel);
  return text;
}

TEST_CASE("convolve gives the values that one gets by hand for the three filters") {
  const TestFolder folder;
  folder.write("p.pgm", pgm(3, 3, {90, 9, 18, 27, 100, 45, 54, 63, 72}));
  const Outcome outcome = run_program(folder, {"convolve", "p.pgm"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(contains(outcome.out, "\np_sharpen.png\n   0 -1  0\n  -1  5 -1\n   0 -1  0\n"));
  // The middle: the mean of all nine, 478 / 9; 5·100 - (9 + 27 + 45 + 63); 8·100 - (478 - 100).
  // The first: (90 + 9 + 27 + 100) / 9; 5·90 - 9 - 27; 8·90 - (9 + 27 + 100), cut off at 255.
  const Picture blur = read_picture(folder.path("p_blur.png"));
  CHECK(blur.rows == 3);
  CHECK(blur.cols == 3);
  CHECK(blur.channels == 1);
  CHECK(blur.pixels[4] == 53);
  CHECK(blur.pixels[0] == 25);
  const Picture sharpen = read_picture(folder.path("p_sharpen.png"));
  CHECK(sharpen.pixels[4] == 255);  // 356
  CHECK(sharpen.pixels[0] == 255);  // 414
  CHECK(sharpen.pixels[1] == 0);    // 5·9 - 90 - 100 - 18
  CHECK(sharpen.pixels[5] == 35);   // 5·45 - 18 - 100 - 72
  const Picture edges = read_picture(folder.path("p_edges.png"));
  CHECK(edges.pixels[4] == 255);  // 422
  CHECK(edges.pixels[8] == 255);  // 8·72 - 100 - 45 - 63
  CHECK(edges.pixels[1] == 0);    // 8·9 - 90 - 18 - 27 - 100 - 45
  CHECK(edges.pixels[5] == 98);   // 8·45 - 9 - 18 - 100 - 63 - 72
}

TEST_CASE("the matrix is flipped: a one to the right of the middle moves the picture right") {
  const TestFolder folder;
  folder.write("p.pgm", pgm(3, 2, {1, 2, 3, 4, 5, 6}));
  const auto convolved = [&](const std::string& kernel) {
    const Outcome outcome = run_program(folder, {"convolve", "p.pgm", "--kernel", kernel});
    REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
    return pixels_of(read_picture(folder.path("p_kernel.png")));
  };
  CHECK(convolved("0 0 1") == std::vector<int>{0, 1, 2, 0, 4, 5});
  CHECK(convolved("1, 0, 0") == std::vector<int>{2, 3, 0, 5, 6, 0});
  CHECK(convolved("0; 0; 1") == std::vector<int>{0, 0, 0, 1, 2, 3});
  CHECK(convolved("[[0, 0, 1], [0, 0, 0], [0, 0, 0]]") == std::vector<int>{0, 4, 5, 0, 0, 0});
  CHECK(convolved("3/2") == std::vector<int>{2, 3, 5, 6, 8, 9});
  // Even length: the centre is the left one of the two middle elements, as in SciPy's mode="same".
  CHECK(convolved("1 0") == std::vector<int>{1, 2, 3, 4, 5, 6});
  CHECK(convolved("0 1") == std::vector<int>{0, 1, 2, 0, 4, 5});
  folder.write("k.json", "[[0, 0, 1]]\n");
  CHECK(convolved("k.json") == std::vector<int>{0, 1, 2, 0, 4, 5});
}

TEST_CASE("each colour is convolved separately") {
  const TestFolder folder;
  folder.write("p.ppm", pgm(2, 1, {10, 20, 30, 40, 50, 60}, "P6"));
  REQUIRE(
      run_program(folder, {"convolve", "p.ppm", "--kernel", "0 0 2", "--out", "new/out"}).status ==
      0);
  const Picture picture = read_picture(folder.path("new/out/p_kernel.png"));
  CHECK(picture.channels == 3);
  CHECK(pixels_of(picture) == std::vector<int>{0, 0, 0, 20, 40, 60});
}

TEST_CASE("without a picture, convolve draws a sample") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"convolve", "--filter", "edges"});
  REQUIRE(outcome.status == 0);
  CHECK(outcome.out.rfind("autonet_sample.png: a sample picture", 0) == 0);
  CHECK(pixels_of(read_picture(folder.path("autonet_sample.png"))) == pixels_of(sample_picture()));
  CHECK(std::filesystem::exists(folder.path("autonet_sample_edges.png")));
  CHECK_FALSE(std::filesystem::exists(folder.path("autonet_sample_blur.png")));
}

TEST_CASE("several filters are chosen with commas, and IMAGE may follow") {
  const TestFolder folder;
  folder.write("p.pgm", pgm(1, 1, {7}));
  REQUIRE(run_program(folder, {"convolve", "--filter", "blur,edges", "p.pgm"}).status == 0);
  CHECK(std::filesystem::exists(folder.path("p_blur.png")));
  CHECK(std::filesystem::exists(folder.path("p_edges.png")));
  CHECK_FALSE(std::filesystem::exists(folder.path("p_sharpen.png")));
}

TEST_CASE("bad pictures and matrices are refused with a reason") {
  const TestFolder folder;
  folder.write("short.pgm", "P5 3 3 255\nabc");
  folder.write("large.pgm", "P5 999999 999999 255\n");
  folder.write("deep.pgm", "P5 1 1 65535\nab");
  folder.write("over.pgm", "P5 1 1 100\n\xff");
  folder.write("cut.png", "\x89PNG\r\n\x1a\n");
  folder.write("text.png", "hello");
  folder.write("good.pgm", pgm(1, 1, {7}));
  struct Case {
    std::vector<std::string> words;
    int status;
    std::string error;
  };
  const std::vector<Case> cases = {
      {{"none.png"}, 3, "reading none.png: No such file or directory"},
      {{"."}, 3, "reading .: not a regular file"},
      {{"short.pgm"}, 3, "reading short.pgm: the file ends after 3 of 9 bytes of pixels"},
      {{"large.pgm"}, 3, "999999 rows and 999999 columns"},
      {{"deep.pgm"}, 3, "the largest value must be 1 to 255, got 65535"},
      {{"over.pgm"}, 3, "the value 255 is over the largest value, 100"},
      {{"cut.png"}, 3, "reading cut.png: not a valid PNG"},
      {{"text.png"}, 3, "neither a PNG, a JPEG nor a binary PGM or PPM"},
      {{"good.pgm", "--kernel", "1 2; 3"}, 2, "row 1 has 2 numbers and row 2 has 1"},
      {{"good.pgm", "--kernel", "1 x"}, 2, "\"x\" is not a number"},
      {{"good.pgm", "--kernel", ""}, 2, "it contains no number"},
      {{"good.pgm", "--kernel", "1/0"}, 2, "division by zero"},
      {{"good.pgm", "--kernel", "my.txt"}, 3, "reading the kernel my.txt: there is no such file"},
      {{"good.pgm", "--out", "good.pgm"}, 3, "good.pgm"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.error);
    std::vector<std::string> words = one.words;
    words.insert(words.begin(), "convolve");
    const Outcome outcome = run_program(folder, words);
    CHECK(outcome.status == one.status);
    CHECK_MESSAGE(contains(outcome.err, one.error), outcome.err);
    CHECK(outcome.out.empty());
  }
}

TEST_CASE("damaged PNGs never crash the reader") {
  const TestFolder folder;
  write_png(folder.path("p.png"), sample_picture());
  const std::string good = folder.read("p.png");
  std::uint32_t state = 1;  // of a linear congruential generator
  for (int i = 0; i < 300; ++i) {
    CAPTURE(i);
    std::string bytes = good;
    for (int change = 0; change < 3; ++change) {
      state = state * 1664525U + 1013904223U;
      bytes[(state >> 8U) % std::min<size_t>(bytes.size(), 400)] = static_cast<char>(state >> 24U);
    }
    if (i % 3 == 0) bytes.resize(state % bytes.size());
    folder.write("q.png", bytes);
    try {
      const Picture picture = read_picture(folder.path("q.png"));
      CHECK(picture.size() == static_cast<Index>(picture.pixels.size()));
    } catch (const std::exception& error) {
      CHECK(contains(error.what(), "q.png"));
    }
  }
}

}  // namespace
}  // namespace autonet::cli
