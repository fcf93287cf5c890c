#include "train/fit.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "autograd/error.h"
#include "autograd/random.h"
#include "train/atomic_file.h"
#include "train/evaluate.h"
#include "train/optimizer.h"
#include "train/run_state.h"
#include "train/schedule.h"
#include "train/step.h"

namespace autonet {
namespace {

std::vector<Array> copies(std::span<const Array> arrays) {
  std::vector<Array> own;
  for (const Array& array : arrays) own.push_back(array.clone());
  return own;
}

bool all_finite(const Array& array) {
  const std::vector<double> numbers = array.to_vector();
  return std::ranges::all_of(numbers, [](double v) { return std::isfinite(v); });
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// One run of fit(): the weights being trained and everything that is planned once.
class Run {
 public:
  Run(const Model& model, const Splits& data, Context& context, const FitOptions& options,
      FitObserver& observer)
      : model_(model),
        data_(data),
        context_(context),
        options_(options),
        observer_(observer),
        settings_(model.training()),
        epochs_(options.epochs.value_or(settings_.epochs)),
        batch_(std::min(settings_.batch_size, data.train.count)),
        batches_((data.train.count + batch_ - 1) / batch_) {
    state_.seed = options.seed.value_or(settings_.seed);
    weights_ = model.initial_parameters(settings_.precision, state_.seed);
    statistics_ = model.initial_states(settings_.precision);
    optimizer_.emplace(settings_.optimizer, settings_.l2_decay, model.parameters(), weights_);
    best_weights_ = copies(weights_);
    best_statistics_ = copies(statistics_);
    if (options.resume) resume();
    plan();
  }

  FitResult train() {
    FitResult result;
    if (state_.epoch >= epochs_) {
      save();  // --epochs 0 writes the initial weights
    } else if (!options_.checkpoint.empty()) {
      check_writable(options_.checkpoint);  // a wrong path shows now, not after an hour
    }
    result.stopped_early = out_of_patience();  // a resumed run may have ended so before
    while (state_.epoch < epochs_ && !result.stopped_early) {
      if (!train_epoch()) {
        // Before its first epoch is through, a new run is not worth the file that it would replace.
        result.saved = state_.best_epoch > 0 || options_.resume ||
                       !std::filesystem::exists(options_.checkpoint);
        if (result.saved) save();
        result.stopped = true;
        break;
      }
      result.stopped_early = out_of_patience();
    }
    result.epochs = state_.history;
    result.best_epoch = state_.best_epoch;
    result.parameters = best_weights_;
    result.states = best_statistics_;
    return result;
  }

 private:
  bool out_of_patience() const {
    return settings_.patience && validator_ && state_.since_best >= *settings_.patience;
  }

  void resume() {
    if (options_.checkpoint.empty()) {
      throw ModelError("resume: there is no checkpoint to resume from; name one with --checkpoint");
    }
    if (!std::filesystem::exists(options_.checkpoint)) {
      throw DataError("resume: there is no checkpoint " + options_.checkpoint +
                      "; start the run without --resume");
    }
    const ArrayFile file = load_arrays(options_.checkpoint);
    const std::optional<RunState> run = find_run(model_, file, options_.checkpoint);
    if (!run) {
      throw DataError("checkpoint " + options_.checkpoint +
                      ": it holds weights but no run to resume; train anew without --resume");
    }
    if (options_.seed && *options_.seed != run->seed) {
      throw ModelError("resume: the run in " + options_.checkpoint + " has seed " +
                       std::to_string(run->seed) + ", not " + std::to_string(*options_.seed));
    }
    state_ = *run;
    const LoadedWeights best = find_weights(model_, file, options_.checkpoint);
    const LoadedWeights last = find_weights(model_, file, options_.checkpoint, kLastWeights);
    best_weights_ = best.parameters;
    best_statistics_ = best.states;
    weights_ = last.parameters;
    statistics_ = last.states;
    restore_slots(model_, file, options_.checkpoint, *optimizer_);
    // What is told twice must agree: a file of other data, or a damaged one, does not.
    const RunState& s = state_;
    const bool fits = s.batch < batches_ && s.epoch <= 1'000'000 &&
                      s.step == s.epoch * batches_ + s.batch && s.images_sum == s.batch * batch_ &&
                      s.correct_sum >= 0 && s.correct_sum <= s.images_sum && s.best_epoch >= 0 &&
                      s.best_epoch <= s.epoch && static_cast<Index>(s.history.size()) == s.epoch;
    if (!fits) {
      throw DataError("checkpoint " + options_.checkpoint +
                      ": its run state does not fit the data: epoch " + std::to_string(s.epoch) +
                      ", batch " + std::to_string(s.batch) + " of " + std::to_string(batches_) +
                      ", step " + std::to_string(s.step) + "; was it trained on other images?");
    }
  }

  void plan() {
    programs_.reserve(2);
    if (epochs_ > 0) {
      programs_.emplace_back(model_, context_, batch_, Model::Mode::training, weights_, statistics_,
                             state_.seed);
      if (const Index rest = data_.train.count % batch_; rest > 0) {
        programs_.emplace_back(model_, context_, rest, Model::Mode::training, weights_, statistics_,
                               state_.seed, programs_.data());
      }
    }
    if (data_.validation.count > 0) {
      validator_.emplace(model_, context_, data_.validation.count, weights_, statistics_,
                         programs_.empty() ? nullptr : programs_.data());
    }
  }

  std::string where(Index batch) const {
    return "epoch " + std::to_string(state_.epoch + 1) + ", batch " + std::to_string(batch + 1) +
           " (step " + std::to_string(state_.epoch * batches_ + batch + 1) + ")";
  }

  [[noreturn]] void not_finite(const std::string& what, Index batch, double rate) const {
    throw Error("fit: " + what + " is not finite at " + where(batch) +
                "; lower the learning rate (now " + std::to_string(rate) +
                ") or add a warm-up; what was saved before stays good");
  }

  /// Throws if a parameter is broken: asked before a save, so that no such file is ever written.
  void check_weights(Index batch, double rate) const {
    for (size_t i = 0; i < weights_.size(); ++i) {
      if (!all_finite(weights_[i])) {
        not_finite("parameter \"" + model_.parameters()[i].name + "\"", batch, rate);
      }
    }
  }

  /// Says what is broken first: a parameter, the output, or the loss alone.
  [[noreturn]] void blame_loss(const ModelProgram& program, Index batch, double rate) const {
    check_weights(batch, rate);
    if (!all_finite(program.output())) not_finite("the output of the last layer", batch, rate);
    not_finite("the loss", batch, rate);
  }

  /// False if the caller asked to stop; the state then lies between two batches.
  bool train_epoch() {
    const auto begin = Clock::now();
    const Index before = state_.images_sum;
    std::vector<Index> order(static_cast<size_t>(data_.train.count));
    std::iota(order.begin(), order.end(), Index{0});
    if (settings_.shuffle) {
      order = permutation(data_.train.count, state_.seed,
                          stream_of("shuffle") + static_cast<std::uint64_t>(state_.epoch));
    }
    double rate = 0.0;
    for (; state_.batch < batches_; ++state_.batch) {
      if (options_.stop != nullptr && options_.stop->load()) {
        check_weights(state_.batch - 1, rate);
        return false;
      }
      const auto first = static_cast<size_t>(state_.batch * batch_);
      const size_t count = std::min(static_cast<size_t>(batch_), order.size() - first);
      ModelProgram& program =
          count == static_cast<size_t>(batch_) ? programs_.front() : programs_.back();
      rate = learning_rate(settings_.schedule, settings_.optimizer.learning_rate, state_.step,
                           batches_, epochs_);
      const BatchResult result = program.run(
          data_.train, std::span<const Index>(order).subspan(first, count), state_.step);
      if (!std::isfinite(result.loss)) blame_loss(program, state_.batch, rate);
      size_t bad = 0;
      if (!optimizer_->update(context_, weights_, program.gradients(), rate, state_.step + 1,
                              bad)) {
        not_finite("the gradient of \"" + model_.parameters()[bad].name + "\"", state_.batch, rate);
      }
      for (size_t i = 0; i < statistics_.size(); ++i) {
        statistics_[i].copy_from(program.new_states()[i]);
      }
      ++state_.step;
      state_.loss_sum += result.loss * static_cast<double>(count);
      state_.correct_sum += result.correct;
      state_.images_sum += static_cast<Index>(count);
      observer_.on_batch(state_.epoch + 1, state_.batch + 1, batches_, result.loss);
    }
    finish_epoch(begin, rate, state_.images_sum - before);
    return true;
  }

  void finish_epoch(Clock::time_point begin, double rate, Index images) {
    check_weights(batches_ - 1, rate);  // the last update is seen by no batch of this epoch
    EpochReport report;
    report.epoch = state_.epoch + 1;
    report.epochs = epochs_;
    const auto count = static_cast<double>(state_.images_sum);
    report.train = {state_.loss_sum / count, static_cast<double>(state_.correct_sum) / count};
    report.learning_rate = rate;
    if (validator_) report.validation = validator_->measure(data_.validation);
    if (validator_ && !std::isfinite(report.validation->cross_entropy)) {
      not_finite("the validation loss", batches_ - 1, rate);
    }
    report.seconds = seconds_since(begin);
    report.images_per_second = static_cast<double>(images) / std::max(report.seconds, 1e-9);
    report.best = !validator_ || state_.best_epoch == 0 || better(*report.validation, state_.best);
    ++state_.since_best;
    if (report.best) {
      state_.best_epoch = report.epoch;
      state_.best = report.validation.value_or(report.train);
      state_.since_best = 0;
      for (size_t i = 0; i < weights_.size(); ++i) best_weights_[i].copy_from(weights_[i]);
      for (size_t i = 0; i < statistics_.size(); ++i) {
        best_statistics_[i].copy_from(statistics_[i]);
      }
    }
    state_.history.push_back(report);
    ++state_.epoch;
    state_.batch = 0;
    state_.loss_sum = 0.0;
    state_.correct_sum = 0;
    state_.images_sum = 0;
    save();
    observer_.on_epoch(report);
  }

  void save() {
    if (options_.checkpoint.empty()) return;
    save_arrays(options_.checkpoint, to_checkpoint(model_, state_, best_weights_, best_statistics_,
                                                   weights_, statistics_, *optimizer_));
  }

  const Model& model_;
  const Splits& data_;
  Context& context_;
  const FitOptions& options_;
  FitObserver& observer_;
  const TrainingSettings& settings_;
  const Index epochs_;
  const Index batch_;
  const Index batches_;

  RunState state_;
  std::vector<Array> weights_;
  std::vector<Array> statistics_;
  std::vector<Array> best_weights_;
  std::vector<Array> best_statistics_;
  std::optional<Optimizer> optimizer_;
  std::vector<ModelProgram> programs_;  // full batches, then the last, partial one
  std::optional<Evaluator> validator_;
};

}  // namespace

bool better(const Metrics& a, const Metrics& b) {
  return a.accuracy > b.accuracy || (a.accuracy == b.accuracy && a.cross_entropy < b.cross_entropy);
}

FitResult fit(const Model& model, const Splits& data, Context& context, const FitOptions& options,
              FitObserver& observer) {
  if (data.train.count < 1) throw DataError("fit: there are no training images");
  check_images(model, data.train, "fit");
  if (data.validation.count > 0) check_images(model, data.validation, "fit");
  if (options.epochs.value_or(0) < 0) {
    throw ModelError("fit: epochs must be at least 0, got " + std::to_string(*options.epochs));
  }
  if (!options.checkpoint.empty()) check_checkpoint_name(options.checkpoint);
  return Run(model, data, context, options, observer).train();
}

LoadedWeights load_weights(const Model& model, const std::string& path) {
  return find_weights(model, load_arrays(path), path);
}

}  // namespace autonet
