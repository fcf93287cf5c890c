#include "train/verify_resume.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "train/run_state.h"

namespace autonet::internal {
namespace {

/// Stops a run after some steps, or when the caller says so.
class Stopper : public FitObserver {
 public:
  Stopper(Index steps, const std::atomic<bool>* outer) : left_(steps), outer_(outer) {}
  void on_batch(Index, Index, Index, double) override {
    --left_;
    stop_ = left_ == 0 || (outer_ != nullptr && outer_->load());
  }
  const std::atomic<bool>* flag() const { return &stop_; }

 private:
  Index left_;
  const std::atomic<bool>* outer_;
  std::atomic<bool> stop_ = false;
};

/// The numbers of steps after which to stop, of `steps` steps in epochs of `batches`.
std::set<Index> stops_of(Index steps, Index batches) {
  std::set<Index> stops;
  for (const Index stop : {Index{1}, batches / 2, batches - 1, batches, batches + 1,
                           steps - batches + batches / 3, steps - 1}) {
    if (stop >= 1 && stop < steps) stops.insert(stop);
  }
  return stops;
}

}  // namespace

bool ResumeReport::good() const {
  return !stopped && all_at_once &&
         std::ranges::all_of(points, [](const StopPoint& point) { return point.same(); });
}

ResumeReport verify_resume(const Model& model, const Examples& examples, Context& context,
                           const VerifyResumeOptions& options) {
  const Index batch = std::min(model.training().batch_size, std::max<Index>(1, examples.count()));
  const Index batches = (examples.count() + batch - 1) / batch;
  const Index steps = options.epochs * batches;
  const auto path = [&](const std::string& name) {
    return (std::filesystem::path(options.folder) / (name + options.ending)).string();
  };
  const auto tell = [&](const std::string& what) {
    if (options.progress) options.progress(what);
  };
  const auto interrupted = [&] { return options.stop != nullptr && options.stop->load(); };
  /// Trains for `count` steps, 0 for all that are left. False if the caller asked to stop.
  const auto train = [&](const std::string& checkpoint, Index count, bool resume) {
    Stopper stopper(count, options.stop);
    options.fit(model, examples, context,
                {.validation = options.validation,
                 .epochs = options.epochs,
                 .observer = &stopper,
                 .checkpoint = checkpoint,
                 .resume = resume,
                 .stop = stopper.flag()});
    return !interrupted();
  };
  const auto bytes = [](const std::string& file) { return read_file(file, Index{8} << 30); };

  ResumeReport report;
  const std::string whole = path("whole");
  tell("the run that is not stopped");
  if (!train(whole, 0, false)) {
    report.stopped = true;
    return report;
  }
  const std::string weights = bytes(whole);
  const std::string run = bytes(run_file_of(whole));
  const std::set<Index> stops = stops_of(steps, batches);
  for (const Index stop : stops) {
    const Index epoch = (stop - 1) / batches;
    StopPoint point{.epoch = epoch + 1, .batch = stop - epoch * batches, .batches = batches};
    tell(text::concat("stopping in epoch ", point.epoch, " after batch ", point.batch));
    const std::string part = path(text::concat("stop", stop));
    if (!train(part, stop, false) || !train(part, 0, true)) {
      report.stopped = true;
      return report;
    }
    point.same_weights = bytes(part) == weights;
    point.same_run = bytes(run_file_of(part)) == run;
    report.points.push_back(point);
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    std::filesystem::remove(run_file_of(part), ignored);
  }
  tell("stopping at all of these points in turn");
  const std::string often = path("often");
  Index done = 0;
  for (const Index stop : stops) {
    if (!train(often, stop - done, done > 0)) report.stopped = true;
    if (report.stopped) return report;
    done = stop;
  }
  report.stopped = !train(often, 0, done > 0);
  if (!report.stopped) {
    report.all_at_once = bytes(often) == weights && bytes(run_file_of(often)) == run;
  }
  return report;
}

}  // namespace autonet::internal
