#include "cli/fit_progress.h"
#include "text/numbers.h"
#include "text/table.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace autonet {
namespace {

std::string padded(const std::string& text, size_t width) {
  const size_t have = text::display_width(text);
  return have >= width ? text : std::string(width - have, ' ') + text;
}

std::string epoch_text(Index epoch, Index epochs) {
  const std::string total = std::to_string(epochs);
  return padded(std::to_string(epoch), total.size()) + "/" + total;
}

}  // namespace

FitProgress::FitProgress(Console& console, Index images, Index batch_size, Index epochs, bool quiet,
                         EpochLog* log)
    : console_(console),
      images_(images),
      batch_size_(batch_size),
      epochs_(epochs),
      quiet_(quiet),
      log_(log) {}

FitProgress::~FitProgress() {
  clear_bar();
}

void FitProgress::clear_bar() {
  if (bar_shown_) console_.note("\r\x1b[K");
  bar_shown_ = false;
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
  const auto done = static_cast<double>(batch - first_batch_);
  const double batches_per_second = seconds > 0 ? done / seconds : 0;
  const auto left = static_cast<double>((epochs_ - epoch) * batches + batches - batch);
  bar_shown_ = true;
  std::string text = "\r";
  text += bar_text(epoch, epochs_, static_cast<double>(batch) / static_cast<double>(batches), loss,
                   batches_per_second * static_cast<double>(std::min(batch_size_, images_)),
                   batches_per_second > 0 ? left / batches_per_second : -1, console_.width() - 1,
                   console_.unicode());
  console_.note(text + "\x1b[K");
}

void FitProgress::on_epoch(const EpochReport& report) {
  if (log_ != nullptr) log_->add(report);
  if (quiet_) return;
  clear_bar();
  const size_t first = 2 * std::to_string(report.epochs).size() + 1;
  const std::string blanks(std::max<size_t>(first, 5), ' ');
  std::string text;
  if (!header_shown_) {
    text += blanks + (report.validation ? "  train               validation\n" : "  train\n");
    text += padded("epoch", blanks.size()) + "    loss   accuracy";
    if (report.validation) text += "     loss   accuracy";
    text += "     time   images/s\n";
    header_shown_ = true;
  }
  const auto figures = [](const Metrics& metrics) {
    return padded(text::loss_text(metrics.loss), 8) + padded(text::percent(metrics.accuracy), 11);
  };
  text += padded(epoch_text(report.epoch, report.epochs), blanks.size()) + figures(report.train);
  if (report.validation) text.append(" ").append(figures(*report.validation));
  text.append(" ").append(padded(text::duration_text(report.seconds), 8));
  const double speed = std::clamp(report.images_per_second, 0.0, 1e15);
  text += padded(text::with_commas(std::isfinite(speed) ? std::llround(speed) : 0), 11);
  if (report.best && report.validation) text += "  " + coloured("best", "32", console_.coloured());
  console_.note(text + "\n");
}

std::string bar_text(Index epoch, Index epochs, double share, double loss, double images_per_second,
                     double seconds_left, int width, bool unicode) {
  share = std::clamp(share, 0.0, 1.0);
  const std::string start = "epoch " + epoch_text(epoch, epochs) + " ";
  std::string text = start;
  // The parts after the bar, the least wanted last.
  std::vector<std::string> parts = {padded(text::fixed(100 * share, 0), 4) + " %"};
  parts.push_back("  loss " + text::loss_text(loss));
  if (seconds_left >= 0)
    parts.push_back("  " + text::duration_text(std::ceil(seconds_left)) + " left");
  if (images_per_second > 0)
    parts.push_back("  " + text::with_commas(std::llround(std::min(images_per_second, 1e15))) +
                    " images/s");
  constexpr int kMinBar = 10;
  constexpr int kMaxBar = 30;
  int used = static_cast<int>(start.size());
  std::string tail;
  for (const std::string& part : parts) {
    if (used + static_cast<int>(part.size()) + kMinBar > width) break;
    tail += part;
    used += static_cast<int>(part.size());
  }
  const int bar = std::clamp(width - used, 0, kMaxBar);
  const int full = static_cast<int>(std::floor(share * bar));
  for (int i = 0; i < bar; ++i) {
    if (unicode) {
      text += i < full ? "\u2501" : "\u2500";  // heavy and light lines
    } else {
      text += i < full ? "#" : ".";
    }
  }
  text += tail;
  // Narrower than the start alone: cut, rather than break the line. The start is ASCII.
  return width < static_cast<int>(start.size())
             ? text.substr(0, static_cast<size_t>(std::max(0, width)))
             : text;
}

}  // namespace autonet
