#include "cli/fit_progress.h"

#include <algorithm>
#include <cmath>

#include "autonet/text/concat.h"
#include "cli/results.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

std::string epoch_text(Index epoch, Index epochs) {
  const std::string total = text::concat(epochs);
  return text::concat(text::padded(text::concat(epoch), total.size()), "/", total);
}

}  // namespace

FitProgress::FitProgress(Console& console, const Model& model, Index examples, bool quiet,
                         EpochLog* log)
    : console_(console), model_(model), examples_(examples), quiet_(quiet), log_(log) {}

FitProgress::~FitProgress() {
  clear_bar();
}

void FitProgress::clear_bar() {
  if (bar_shown_) console_.note("\r\x1b[K");
  bar_shown_ = false;
}

void FitProgress::on_resume(std::span<const EpochReport> finished) {
  resumed_ = true;
  if (log_ != nullptr) log_->resume(finished);
}

void FitProgress::on_start(Index finished, Index epochs) {
  if (log_ != nullptr && !resumed_) log_->begin();
  epochs_ = epochs;
  if (finished > 0 && !quiet_) {
    console_.note(text::concat("Continuing after epoch ", finished, " of ", epochs, "\n"));
  }
}

void FitProgress::on_batch(Index epoch, Index batch, Index batches, double loss) {
  if (quiet_ || !console_.animated()) return;
  const auto now = Clock::now();
  if (epoch != epoch_) {
    epoch_ = epoch;
    epoch_start_ = now;
    first_batch_ = batch;
  }
  if (now - last_drawn_ < std::chrono::milliseconds(80)) return;
  last_drawn_ = now;
  const double seconds = std::chrono::duration<double>(now - epoch_start_).count();
  const double speed = seconds > 0 ? static_cast<double>(batch - first_batch_) / seconds : 0;
  const auto left = static_cast<double>((epochs_ - epoch) * batches + batches - batch);
  bar_shown_ = true;
  const Progress progress{
      .epoch = epoch,
      .epochs = epochs_,
      .share = static_cast<double>(batch) / static_cast<double>(batches),
      .loss = loss,
      .images_per_second =
          speed * static_cast<double>(std::min(model_.training().batch_size, examples_)),
      .seconds_left = speed > 0 ? left / speed : -1};
  console_.note(
      text::concat("\r", bar_text(progress, console_.width() - 1, console_.unicode()), "\x1b[K"));
}

void FitProgress::on_epoch(const EpochReport& report) {
  if (log_ != nullptr) log_->add(report);
  if (quiet_) return;
  clear_bar();
  const std::string epoch = epoch_text(report.epoch, report.epochs);
  const size_t first = std::max<size_t>(epoch.size(), 5);
  std::string text;
  if (!header_shown_) {
    const bool validation = report.validation.has_value();
    const std::string quality = text::padded(quality_name(model_), 11);
    text = text::concat(
        std::string(first, ' '), "  train", validation ? "               validation\n" : "\n",
        text::padded("epoch", first), "    loss", quality, validation ? "     loss" + quality : "",
        "     time ", text::padded(input_noun(model_) + "s/s", 10), "\n");
    header_shown_ = true;
  }
  const auto figures = [&](const Metrics& metrics) {
    return text::padded(text::loss_text(metrics.loss), 8) +
           text::padded(quality_text(model_, metrics), 11);
  };
  text += text::padded(epoch, first) + figures(report.train);
  if (report.validation) text += " " + figures(*report.validation);
  text += text::concat(" ", text::padded(text::duration_text(report.seconds), 8),
                       text::padded(text::with_commas(report.images_per_second), 11));
  if (report.best && report.validation) text += "  " + coloured("best", "32", console_.animated());
  console_.note(text + "\n");
}

std::string bar_text(const Progress& progress, int width, bool unicode) {
  const double share = std::clamp(progress.share, 0.0, 1.0);
  const std::string start =
      text::concat("epoch ", epoch_text(progress.epoch, progress.epochs), " ");
  // The figures behind the bar, the most important ones first.
  std::vector<std::string> figures = {text::padded(text::fixed(100 * share, 0), 4) + " %",
                                      "  loss " + text::loss_text(progress.loss)};
  if (progress.seconds_left >= 0) {
    figures.push_back(
        text::concat("  ", text::duration_text(std::ceil(progress.seconds_left)), " left"));
  }
  if (progress.images_per_second > 0)
    figures.push_back(
        text::concat("  ", text::with_commas(progress.images_per_second), " images/s"));
  constexpr int kMinBar = 10;
  constexpr int kMaxBar = 30;
  int used = static_cast<int>(start.size());
  std::string shown;
  for (const std::string& figure : figures) {
    if (used + static_cast<int>(figure.size()) + kMinBar > width) break;
    shown += figure;
    used += static_cast<int>(figure.size());
  }
  // Too narrow for a bar: cut the start, which is ASCII, rather than break the line.
  const auto columns = static_cast<size_t>(std::max(0, width));
  if (columns < start.size()) return start.substr(0, columns);
  const int bar = std::clamp(width - used, 0, kMaxBar);
  const int full = static_cast<int>(std::floor(share * bar));
  std::string text = start;
  for (int i = 0; i < bar; ++i)
    text += unicode ? (i < full ? "\u2501" : "\u2500") : (i < full ? "#" : ".");
  return text + shown;
}

}  // namespace autonet::cli
