#include "cli/terminal_curves.h"

#include <cmath>

#include "tests/cli/run_program.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

/// Epochs whose losses are these, and whose accuracies and RMSEs are half of them.
std::vector<EpochReport> series(const std::vector<double>& train,
                                const std::vector<double>& validation) {
  std::vector<EpochReport> epochs;
  for (size_t i = 0; i < train.size(); ++i) {
    EpochReport epoch;
    epoch.epoch = static_cast<Index>(i) + 1;
    epoch.train = {.loss = train[i], .accuracy = train[i] / 2, .rmse = train[i] / 2};
    if (i < validation.size()) {
      epoch.validation = {
          .loss = validation[i], .accuracy = validation[i] / 2, .rmse = validation[i] / 2};
    }
    epochs.push_back(epoch);
  }
  return epochs;
}

TEST_CASE("curves of a small series, character by character") {
  const std::vector<EpochReport> epochs = series({1.5, 0.5, 0.0}, {1.0, 0.6, 0.6});
  CHECK(terminal_curves(epochs, false, 48, true) == R"(         loss                     accuracy
  1.5000┤▀                75.00 %┤▀
        │ ▀▄                     │ ▀▄
        │▖  ▄                    │▖  ▄
        │ ▘▘▖▛                   │ ▘▘▖▛
        │     ▀▄▖▖▖▖▖▖▖          │     ▀▄▖▖▖▖▖▖▖
        │       ▀▄               │       ▀▄
        │         ▀▄▄            │         ▀▄▄
  0.0000┤            ▀▄    0.00 %┤            ▀▄
        └──────────────          └──────────────
         1      epoch 3           1      epoch 3
         ▀ train  ▘ validation
)");
  CHECK(terminal_curves(epochs, true, 48, false) == R"(         loss                     RMSE
  1.5000+*                 0.7500+*
        | **                     | **
        |o  *                    |o  *
        | ooo#                   | ooo#
        |     ##ooooooo          |     ##ooooooo
        |       **               |       **
        |         ***            |         ***
  0.0000+            **    0.0000+            **
        +--------------          +--------------
         1      epoch 3           1      epoch 3
         * train  o validation  # both
)");
}

TEST_CASE("a level curve is at the top, and what is not finite is left out") {
  CHECK(terminal_curves(series({1, 1}, {}), false, 48, false) ==
        R"(         loss                     accuracy
  1.0000+**************   50.00 %+**************
        |                        |
        |                        |
        |                        |
        |                        |
        |                        |
        |                        |
  0.9000+                 45.00 %+
        +--------------          +--------------
         1      epoch 2           1      epoch 2
         * train
)");
  const double nan = std::nan("");
  const std::string text =
      terminal_curves(series({1, nan, 0, 2}, {nan, nan, nan, nan}), true, 80, true);
  CHECK(contains(text, "  2.0000┤"));
  CHECK(contains(text, "  0.0000┤"));
}

TEST_CASE("curves fit the terminal, and at most 80 columns and 12 lines") {
  const std::vector<EpochReport> epochs =
      series(std::vector<double>(1000, 0.123456), std::vector<double>(1000, 0.00001));
  for (const int width : {48, 60, 79, 80, 200}) {
    CAPTURE(width);
    for (const bool unicode : {false, true}) {
      std::istringstream lines(terminal_curves(epochs, false, width, unicode));
      int count = 0;
      for (std::string line; std::getline(lines, line); ++count)
        CHECK(text::display_width(line) <= static_cast<size_t>(std::min(width, 80)));
      CHECK(count == 12);
    }
  }
  CHECK(terminal_curves(epochs, false, 47, true).empty());
  CHECK(terminal_curves(series({1}, {1}), false, 80, true).empty());
  CHECK(terminal_curves({}, false, 80, true).empty());
}

TEST_CASE("fit draws curves with --curves, not with --quiet, and not away from a terminal") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 3));
  const auto notes = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"fit", "m.json", "--overwrite"});
    const Outcome outcome = run_program(folder, words, {{"LC_ALL", "C"}});
    REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
    CHECK_FALSE(contains(outcome.out, "train  o validation"));
    return outcome.err;
  };
  CHECK(contains(notes({"--curves"}), "\n         * train  o validation  # both\n"));
  CHECK_FALSE(contains(notes({}), "* train"));
  CHECK_FALSE(contains(notes({"--curves", "--quiet"}), "* train"));
}

}  // namespace
}  // namespace autonet::cli
