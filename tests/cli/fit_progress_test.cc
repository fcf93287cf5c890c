#include "cli/fit_progress.h"

#include <doctest/doctest.h>

#include "cli/json.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

TEST_CASE("the bar shows epoch, share, loss, time and speed") {
  const Progress progress{.epoch = 3,
                          .epochs = 25,
                          .share = 0.5,
                          .loss = 0.1234,
                          .images_per_second = 7912.4,
                          .seconds_left = 12};
  CHECK(bar_text(progress, 100, false) ==
        "epoch  3/25 ###############...............  50 %  loss 0.1234  12.0 s left  "
        "7,912 images/s");
}

TEST_CASE("the bar is never wider than the terminal") {
  for (const bool unicode : {false, true}) {
    for (int width = 0; width < 130; ++width) {
      for (const double share : {0.0, 0.37, 1.0, 1.5}) {
        CAPTURE(width);
        const std::string text = bar_text({.epoch = 100,
                                           .epochs = 100,
                                           .share = share,
                                           .loss = 1e-9,
                                           .images_per_second = 123456789,
                                           .seconds_left = 86400},
                                          width, unicode);
        CHECK(text::display_width(text) <= static_cast<size_t>(width));
      }
    }
  }
}

TEST_CASE("a line of the log has its keys in order") {
  const Model model = Model::parse(
      R"({"input": [2], "classes": 2, "layers": [{"type": "linear", "units": 2}]})", "m.json");
  EpochReport report;
  report.epoch = 3;
  report.train = {0.5, 0.75};
  report.learning_rate = 0.05;
  report.seconds = 1.5;
  CHECK(one_line(to_json(report, model)) ==
        R"({"epoch": 3, "train": {"cross_entropy": 0.5, "accuracy": 0.75}, "validation": null, )"
        R"("learning_rate": 0.05, "seconds": 1.5})"
        "\n");
}

}  // namespace
}  // namespace autonet::cli
