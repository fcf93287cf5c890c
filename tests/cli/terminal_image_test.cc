// The layers of fit --show as text.
#include "cli/terminal_image.h"

#include "tests/cli/run_program.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

TEST_CASE("characters from the smallest number to the largest, channels side by side") {
  const Array two = Array::from<float>({2, 2, 2}, {0, 9, 1, 9, 2, 0, 9, 0});
  CHECK(terminal_image(two, 80, Shades::ascii) == " . @@\n:@\n");
  CHECK(terminal_image(Array::from<float>({3}, {-1, 0, 1}), 80, Shades::ascii) == " +@\n");
  CHECK(terminal_image(Array::from<float>({4}, {0, 9, 9, 0}), 2, Shades::ascii) == " @\n@\n");
  CHECK(terminal_image(Array::from<float>({2, 3}, {9, 9, 9, 0, 9, 0}), 2, Shades::ascii) ==
        "@@\n @\n");
}

TEST_CASE("half blocks hold two rows of pixels in a line") {
  const Array column = Array::from<float>({3, 1, 1}, {0, 1, 1});
  CHECK(terminal_image(column, 80, Shades::colours) ==
        "\x1b[0m\x1b[38;5;232m\x1b[48;5;255m\u2580\x1b[0m\n\x1b[0m\x1b[38;5;255m\u2580\x1b[0m\n");
  CHECK(contains(terminal_image(column, 80, Shades::true_colour), "\x1b[38;2;255;255;255m"));
}

TEST_CASE(
    "fit --show changes nothing, fits 80 columns and is plain text where there is no terminal") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const std::string without = folder.read("m.npz");
  const Outcome shown = run_program(folder, {"fit", "m.json", "--quiet", "--show", "3"});
  REQUIRE_MESSAGE(shown.status == 0, shown.err);
  CHECK(folder.read("m.npz") == without);
  CHECK(contains(shown.err, "epoch 1, batch 3: training image "));
  CHECK(contains(shown.err, "epoch 2, batch 2: training image "));
  CHECK(contains(shown.err, "\noutput [10]\n"));
  CHECK_FALSE(contains(shown.err, "\x1b"));
  std::istringstream lines(shown.err);
  for (std::string line; std::getline(lines, line);) CHECK(text::display_width(line) <= 80);
  CHECK(run_program(folder, {"fit", "m.json", "--show", "0"}).status == 2);
}

}  // namespace
}  // namespace autonet::cli
