#pragma once

#include <chrono>
#include <optional>

#include "cli/console.h"
#include "cli/epoch_log.h"
#include "train/fit_observer.h"

namespace autonet {

/// Shows a run on standard error: a line an epoch, and on a terminal a bar below them while an
/// epoch runs. Writes the log, if there is one.
class FitProgress : public FitObserver {
 public:
  /// `images` and `epochs` are of the run, `batch_size` of the model. Quiet shows nothing.
  FitProgress(Console& console, Index images, Index batch_size, Index epochs, bool quiet,
              EpochLog* log);
  ~FitProgress() override;

  void on_batch(Index epoch, Index batch, Index batches, double loss) override;
  void on_epoch(const EpochReport& report) override;

 private:
  using Clock = std::chrono::steady_clock;
  void clear_bar();

  Console& console_;
  Index images_;
  Index batch_size_;
  Index epochs_;
  bool quiet_;
  EpochLog* log_;
  bool bar_shown_ = false;
  bool header_shown_ = false;
  Index epoch_ = 0;        // the one that epoch_start_ is of
  Index first_batch_ = 0;  // of the epoch in this run: not the first after a resume
  Clock::time_point epoch_start_;
  Clock::time_point last_drawn_;
};

/// One drawing of the bar, at most `width` columns: what does not fit is left out, the bar itself
/// first shrinks. `seconds_left` < 0 is not known.
std::string bar_text(Index epoch, Index epochs, double share, double loss, double images_per_second,
                     double seconds_left, int width, bool unicode);

}  // namespace autonet
