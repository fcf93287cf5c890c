#pragma once

#include <chrono>

#include "autonet/train/fit_observer.h"
#include "cli/console.h"
#include "cli/epoch_log.h"

namespace autonet::cli {

/// Shows a training run on standard error: one line per epoch and, on a terminal, a progress bar
/// below them. Also writes the log, if there is one.
class FitProgress : public FitObserver {
 public:
  /// `examples`: in the training set. With `quiet` nothing is shown. `log` may be null.
  FitProgress(Console& console, const Model& model, Index examples, bool quiet, EpochLog* log);
  ~FitProgress() override;

  void on_resume(std::span<const EpochReport> finished) override;
  void on_start(Index finished, Index epochs) override;
  void on_batch(Index epoch, Index batch, Index batches, double loss) override;
  void on_epoch(const EpochReport& report) override;

 private:
  using Clock = std::chrono::steady_clock;
  void clear_bar();

  Console& console_;
  Model model_;
  Index examples_;
  Index epochs_ = 0;
  bool quiet_;
  EpochLog* log_;
  bool resumed_ = false;
  bool bar_shown_ = false;
  bool header_shown_ = false;
  Index epoch_ = 0;  // the current one, which began at epoch_start_
  Clock::time_point epoch_start_;
  Index first_batch_ = 0;  // of the current epoch; not 1 if the run was resumed within it
  Clock::time_point last_drawn_;
};

/// What a progress bar shows.
struct Progress {
  Index epoch = 0;
  Index epochs = 0;
  double share = 0.0;  // of the epoch that is done, 0 to 1
  double loss = 0.0;
  double images_per_second = 0.0;  // 0 if unknown
  double seconds_left = -1.0;      // negative if unknown
};

/// The bar as one line of at most `width` columns. Where the line is too narrow the bar shrinks
/// first; then figures are left out, the last ones first.
std::string bar_text(const Progress& progress, int width, bool unicode);

}  // namespace autonet::cli
