#include "train/sweep.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/fit.h"
#include "train/run_state.h"
#include "train/sweep_files.h"

namespace autonet::internal {
namespace {

/// Collects the epochs of a run, and stops it after some of them or when the caller says so.
class Follower : public FitObserver {
 public:
  Follower(Index target, const std::atomic<bool>* outer) : target_(target), outer_(outer) {}
  void on_start(Index finished, Index /*epochs*/) override { stop_ = finished >= target_; }
  void on_batch(Index, Index, Index, double) override {
    if (outer_ != nullptr && outer_->load()) stop_ = true;
  }
  void on_epoch(const EpochReport& report) override {
    epochs_.push_back(report);
    if (report.epoch >= target_) stop_ = true;
  }
  const std::atomic<bool>* flag() const { return &stop_; }
  const std::vector<EpochReport>& epochs() const { return epochs_; }

 private:
  Index target_;
  const std::atomic<bool>* outer_;
  std::atomic<bool> stop_ = false;
  std::vector<EpochReport> epochs_;
};

class Sweep {
 public:
  Sweep(std::vector<SweepRun>& runs, const SweepOptions& options)
      : runs_(runs), options_(options) {}

  bool run() {
    std::vector<SweepRun*> left;
    for (SweepRun& run : runs_) left.push_back(&run);
    std::vector<Rung> rungs;
    if (options_.halving > 0) {
      rungs = halving_rungs(std::ssize(runs_), common_epochs(), options_.halving);
    }
    data_of(runs_.front().model);  // its mistakes come before any file is written
    open_sweep(runs_, options_);
    if (rungs.empty()) return train_to(left, {});
    for (const Rung& rung : rungs) {
      if (!train_to(left, rung.epochs)) return false;
      std::ranges::sort(left, [&](const SweepRun* a, const SweepRun* b) {
        return ranks_before(*a, *b, rung.epochs);
      });
      left.resize(static_cast<size_t>(rung.keep));
      std::ranges::sort(left, {}, &SweepRun::number);
    }
    return true;
  }

 private:
  Index common_epochs() const {
    const Index epochs = runs_.front().model.training().epochs;
    for (const SweepRun& run : runs_) {
      const Index others = run.model.training().epochs;
      if (others == epochs) continue;
      throw ModelError(text::concat("sweep: with --halving all runs must have the same epochs, ",
                                    "but run 1 has ", epochs, " and run ", run.number, " has ",
                                    others));
    }
    return epochs;
  }

  /// The data of a model; runs that describe the same data share them.
  std::shared_ptr<const Splits> data_of(const Model& model) {
    const std::lock_guard lock(data_mutex_);
    const auto json = nlohmann::json::parse(model.text());
    std::string key;
    for (const char* part : {"data", "input", "classes", "outputs"}) {
      key += json.value(part, nlohmann::json()).dump() + "\n";
    }
    std::weak_ptr<const Splits>& known = data_[key];
    std::shared_ptr<const Splits> splits = known.lock();
    if (splits == nullptr) {
      last_data_.reset();  // may be the only owner, and need not stay in memory beside the new data
      splits = std::make_shared<const Splits>(options_.data(model));
      if (splits->validation.count() == 0) {
        throw ModelError(
            "sweep: the model holds out no validation examples, by which the runs are compared; "
            "set them in its \"data\", as in --set data.validation=1000");
      }
      known = splits;
    }
    last_data_ = splits;
    return splits;
  }

  bool stopped() const {
    return failed_.load() || (options_.stop != nullptr && options_.stop->load());
  }

  /// Trains each run up to so many epochs, or to its end. False if the caller stopped it.
  bool train_to(const std::vector<SweepRun*>& left, std::optional<Index> epochs) {
    const int jobs = std::clamp(static_cast<int>(left.size()), 1, options_.jobs);
    std::atomic<size_t> next = 0;
    std::exception_ptr error;
    const auto work = [&](int job) {
      try {
        const int threads = options_.threads / jobs + (job < options_.threads % jobs ? 1 : 0);
        Context context(std::max(1, threads));
        for (size_t i = next++; i < left.size() && !stopped(); i = next++) {
          SweepRun& run = *left[i];
          train(run, epochs.value_or(run.model.training().epochs), context);
        }
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (error == nullptr) error = std::current_exception();
        failed_ = true;
      }
    };
    std::vector<std::thread> others;
    try {
      for (int job = 1; job < jobs; ++job) others.emplace_back(work, job);
    } catch (const std::system_error&) {
      // The system starts no further threads: fewer runs at once.
    }
    work(0);
    for (std::thread& other : others) other.join();
    if (error != nullptr) std::rethrow_exception(error);
    return !stopped();
  }

  void train(SweepRun& run, Index target, Context& context) {
    if (run.ended || !run.error.empty() || std::ssize(run.epochs) >= target) return;
    const std::shared_ptr<const Splits> data = data_of(run.model);
    Follower follower(target, options_.stop);
    std::error_code none;
    const bool resume = std::filesystem::exists(run_file_of(run.checkpoint), none);
    try {
      const Trained result = fit(run.model, data->train, context,
                                 {.validation = data->validation,
                                  .observer = &follower,
                                  .checkpoint = run.checkpoint,
                                  .resume = resume,
                                  .overwrite = true,
                                  .stop = follower.flag()});
      run.epochs = result.epochs;
      run.ended = !result.stopped;
    } catch (const ModelError&) {
      throw;
    } catch (const DataError&) {
      throw;
    } catch (const Error& error) {
      run.epochs.insert(run.epochs.end(), follower.epochs().begin(), follower.epochs().end());
      run.error = error.what();
    }
    save_record(run);
    const bool done = run.ended || !run.error.empty() || std::ssize(run.epochs) >= target;
    const std::lock_guard lock(mutex_);
    if (done && options_.progress) options_.progress(run);
  }

  std::vector<SweepRun>& runs_;
  const SweepOptions& options_;
  std::mutex data_mutex_;
  std::map<std::string, std::weak_ptr<const Splits>> data_;
  std::shared_ptr<const Splits> last_data_;  // the next run mostly needs them again
  std::mutex mutex_;                         // of the caller's functions and of what fails
  std::atomic<bool> failed_ = false;
};

}  // namespace

const EpochReport* SweepRun::best(Index first_epochs) const {
  const EpochReport* best = nullptr;
  for (const EpochReport& report : epochs) {
    if (report.epoch > first_epochs || !report.validation) continue;
    if (best == nullptr || better(*report.validation, *best->validation)) best = &report;
  }
  return best;
}

std::vector<Rung> halving_rungs(Index runs, Index epochs, Index factor) {
  Index divisor = 1;  // of the first rung's epochs
  while (divisor <= runs / factor) divisor *= factor;
  std::vector<Rung> rungs;
  Index left = runs;
  for (; divisor >= 1; divisor /= factor) {
    left = std::max<Index>(1, left / factor);
    const Index now = std::max<Index>(1, (epochs + divisor - 1) / divisor);
    if (!rungs.empty() && rungs.back().epochs == now) {
      rungs.back().keep = left;
    } else {
      rungs.push_back({now, left});
    }
  }
  return rungs;
}

bool ranks_before(const SweepRun& a, const SweepRun& b, Index first_epochs) {
  const EpochReport* best_a = a.error.empty() ? a.best(first_epochs) : nullptr;
  const EpochReport* best_b = b.error.empty() ? b.best(first_epochs) : nullptr;
  if ((best_a == nullptr) != (best_b == nullptr)) return best_a != nullptr;
  if (best_a != nullptr && best_a->validation->loss != best_b->validation->loss) {
    return best_a->validation->loss < best_b->validation->loss;
  }
  return a.number < b.number;
}

bool run_sweep(std::vector<SweepRun>& runs, const SweepOptions& options) {
  return Sweep(runs, options).run();
}

}  // namespace autonet::internal
