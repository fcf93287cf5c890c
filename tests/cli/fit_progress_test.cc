#include "cli/fit_progress.h"
#include "text/table.h"

#include <doctest/doctest.h>

namespace autonet {
namespace {

TEST_CASE("the bar shows epoch, share, loss, time and speed") {
  CHECK(bar_text(3, 25, 0.5, 0.1234, 7912.4, 12, 100, false) ==
        "epoch  3/25 ###############...............  50 %  loss 0.1234  12.0 s left  "
        "7,912 images/s");
}

TEST_CASE("the bar is never wider than the terminal") {
  for (const bool unicode : {false, true}) {
    for (int width = 0; width < 130; ++width) {
      for (const double share : {0.0, 0.37, 1.0, 1.5}) {
        CAPTURE(width);
        const std::string text = bar_text(100, 100, share, 1e-9, 123456789, 86400, width, unicode);
        CHECK(text::display_width(text) <= static_cast<size_t>(width));
      }
    }
  }
}

TEST_CASE("a line of the log has its keys in order") {
  EpochReport report;
  report.epoch = 3;
  report.train = {0.5, 0.75};
  report.learning_rate = 0.05;
  report.seconds = 1.5;
  CHECK(one_line(to_json(report, "cross_entropy")) ==
        R"({"epoch": 3, "train": {"cross_entropy": 0.5, "accuracy": 0.75}, "validation": null, )"
        R"("learning_rate": 0.05, "seconds": 1.5})");
}

}  // namespace
}  // namespace autonet
