#include "autonet/train/fit.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "text/numbers.h"
#include "train/atomic_file.h"
#include "train/average.h"
#include "train/batch_ahead.h"
#include "train/evaluator.h"
#include "train/failed_step.h"
#include "train/fit_arguments.h"
#include "train/ranks.h"
#include "train/run_state.h"
#include "train/schedule.h"

namespace autonet {
namespace {

using internal::Division;
using internal::Evaluator;
using internal::ModelProgram;
using internal::RunState;

void copy(std::span<const Array> from, std::span<Array> to) {
  for (size_t i = 0; i < to.size(); ++i) to[i].copy_from(from[i]);
}

using Clock = std::chrono::steady_clock;

/// One call of fit(): the run and everything that is planned once.
class Trainer {
 public:
  Trainer(const Model& model, const Division& data, Context& context, const FitOptions& options)
      : model_(model),
        train_(data.kept),
        validation_(data.held),
        context_(context),
        options_(options),
        settings_(model.training()),
        batch_(std::min(settings_.batch_size, train_.count())),
        batches_((train_.count() + batch_ - 1) / batch_),
        run_(options.resume ? internal::resume_run(model, options.checkpoint, options.seed,
                                                   train_.count(), batch_)
                            : internal::new_run(model, options, train_.count())),
        epochs_(options.epochs.value_or(state_.epochs)) {
    state_.epochs = epochs_;
    internal::check_alike(options, model, run_, train_, validation_);
    if (!finished()) plan();
  }

  Trained train() {
    Trained result{.model = model_};
    result.goal = epochs_;
    result.was_finished = options_.resume && finished();
    if (finished()) {
      if (!options_.resume) save(true);  // no epochs: the initial weights are written
    } else if (!options_.checkpoint.empty() &&
               internal::writes_files(options_)) {  // before the work
      internal::check_writable(options_.checkpoint);
      internal::check_writable(internal::run_file_of(options_.checkpoint));
    }
    if (options_.observer != nullptr) {
      // Also for a finished run: a kill may have come after its last save.
      if (options_.resume) options_.observer->on_resume(state_.history);
      if (!finished()) options_.observer->on_start(state_.epoch, epochs_);
    }
    const Index steps_before = state_.step;
    while (!finished()) {
      try {
        result.stopped = !train_epoch_or_report();
      } catch (const CollectiveLost& lost) {
        result.stopped = true;
        result.lost = lost.what();
      }
      if (!result.stopped) continue;
      if (state_.step > steps_before) save(false);
      break;
    }
    result.stopped_early = out_of_patience();
    result.saved = !options_.checkpoint.empty() &&
                   (options_.resume || state_.step > steps_before || !result.stopped);
    result.epochs = state_.history;
    result.best_epoch = state_.best_epoch;
    result.weights = run_.best;
    return result;
  }

 private:
  bool finished() const { return state_.epoch >= epochs_ || out_of_patience(); }

  void plan() {
    const auto program = [&](Index batch, const ModelProgram* lender) {
      programs_.emplace_back(model_, context_, batch, Model::Mode::training, run_.last, state_.seed,
                             lender, ImageViews{}, options_.collective);
    };
    programs_.reserve(2);
    if (internal::BatchAhead::pays(model_, train_, context_.threads()))
      ahead_.emplace(model_, train_);
    if (epochs_ > 0) {
      program(batch_, nullptr);
      if (const Index rest = train_.count() % batch_; rest > 0) program(rest, programs_.data());
    }
    if (validation_.count() > 0) {
      validator_.emplace(model_, context_, validation_.count(), measured(),
                         programs_.empty() ? nullptr : programs_.data(), ImageViews{},
                         options_.collective);
    }
  }

  /// The weights that are evaluated and saved.
  const Weights& measured() const { return settings_.ema ? run_.average : run_.last; }

  bool out_of_patience() const {
    return settings_.patience && validation_.count() > 0 &&
           state_.since_best >= *settings_.patience;
  }

  /// Thrown within a run.
  struct NotFinite {
    std::string what;
    Index step;              // counted from 0
    bool unchanged = false;  // the step has changed no parameter yet
  };

  /// `kept`: the end of the text, about a file with the step.
  [[noreturn]] void fail_with(const NotFinite& found, const std::string& kept) const {
    throw Error(
        text::concat("fit: ", found.what, " is not finite at epoch ", found.step / batches_ + 1,
                     ", batch ", found.step % batches_ + 1, " (step ", found.step + 1,
                     "); lower the learning rate (now ", text::significant(rate_, 4),
                     ") or add a warm-up; the checkpoint keeps what was saved before", kept));
  }

  /// Reports the first number that is not finite, in this step or in an earlier one of the epoch.
  [[noreturn]] void find_and_report(const NotFinite& found) {
    searching_ = true;
    // With the step's weights still in the run, nothing has to be trained again.
    if (found.unchanged && internal::not_finite_in(model_, run_.last).empty()) {
      report_step(found, run_.last, batch_of(order_of_epoch()));
    }
    const bool saved = !options_.checkpoint.empty() && saved_;
    if (!saved && state_.epoch > 0) fail_with(found, "");  // nothing to train again from
    internal::Run start =
        saved ? internal::resume_run(model_, options_.checkpoint, {}, train_.count(), batch_)
              : internal::new_run(model_, options_, train_.count());
    internal::copy_progress(start, run_);
    const std::vector<Index> order = order_of_epoch();
    for (; state_.batch < batches_ && state_.step <= found.step; ++state_.batch) {
      if (internal::stop_requested(options_)) break;
      const Weights before = internal::copy_of(run_.last, settings_.precision);
      try {
        train_batch(batch_of(order));
        check_weights(state_.step - 1);
      } catch (const NotFinite& first_found) {
        report_step(first_found, before, batch_of(order));
      }
    }
    fail_with(found, "");
  }

  /// Reports the first number of a step that is not finite, and keeps the batch. Returns only if
  /// the batch is of validation examples and all is finite for it.
  void report_step(const NotFinite& found, const Weights& before, std::span<const Index> batch,
                   const Examples* validation = nullptr) {
    internal::FailedStep failed{.weights = before,
                                .epoch = found.step / batches_ + 1,
                                .batch = found.step % batches_ + 1,
                                .step = found.step,
                                .learning_rate = rate_,
                                .seed = state_.seed,
                                .what = found.what,
                                .validation = validation != nullptr};
    const std::string kept = internal::keep_failed_step(
        model_, context_, internal::writes_files(options_) ? options_.checkpoint : "",
        validation != nullptr ? *validation : train_, batch, failed);
    if (validation != nullptr && failed.what == found.what) return;
    fail_with({failed.what, found.step}, kept);
  }

  /// Reports the first number that is not finite for validation examples.
  [[noreturn]] void report_validation() {
    const NotFinite found{"the validation loss", state_.step - 1};
    for (Index first = 0; first < validation_.count(); first += batch_) {
      std::vector<Index> rows(static_cast<size_t>(std::min(batch_, validation_.count() - first)));
      std::iota(rows.begin(), rows.end(), first);
      report_step(found, measured(), rows, &validation_);
    }
    fail_with(found, "");
  }

  /// Throws if a parameter is not finite after a step.
  void check_weights(Index step) const {
    const std::string bad = internal::not_finite_in(model_, run_.last);
    if (!bad.empty()) throw NotFinite{"parameter \"" + bad + "\" after the update", step};
  }

  std::vector<Index> order_of_epoch() const {
    return internal::epoch_order(train_.count(), settings_.shuffle, state_.seed, state_.epoch);
  }

  /// The next batch of an epoch in this order, or the one after it, empty behind the last.
  std::span<const Index> batch_of(std::span<const Index> order, Index after = 0) const {
    const auto first = std::min(order.size(), static_cast<size_t>((state_.batch + after) * batch_));
    return order.subspan(first, std::min(static_cast<size_t>(batch_), order.size() - first));
  }

  bool train_epoch_or_report() {
    try {
      return train_epoch();
    } catch (const NotFinite& found) {
      find_and_report(found);
    }
  }

  /// False if the caller asked to stop; the state then lies between two batches.
  bool train_epoch() {
    const auto begin = Clock::now();
    const Index before = state_.images_sum;
    const std::vector<Index> order = order_of_epoch();
    for (; state_.batch < batches_; ++state_.batch) {
      if (internal::stop_requested(options_)) {
        check_weights(state_.step - 1);
        return false;
      }
      train_batch(batch_of(order), batch_of(order, 1));
    }
    check_weights(state_.step - 1);  // no batch of this epoch has run with the last update
    finish_epoch(begin, state_.images_sum - before);
    return true;
  }

  /// The learning rate of a step of the unfinished epoch.
  double rate_of(Index step) const {
    return internal::learning_rate(settings_.schedule, settings_.optimizer.learning_rate, step,
                                   batches_, epochs_) *
           internal::plateau_factor(settings_.schedule, state_.history);
  }

  /// Does a step on the examples of these indices. Those of `next`, if there are any, are prepared
  /// meanwhile for the step after it.
  void train_batch(std::span<const Index> indices, std::span<const Index> next = {}) {
    ModelProgram& program = std::ssize(indices) == batch_ ? programs_.front() : programs_.back();
    rate_ = rate_of(state_.step);
    const internal::PreparedBatch* ready = ahead_ ? ahead_->take(state_.step) : nullptr;
    if (ahead_ && !next.empty()) {
      ahead_->begin(next, {state_.seed, state_.epoch, state_.step + 1},
                    (std::ssize(next) == batch_ ? programs_.front() : programs_.back()).needed());
    }
    const internal::BatchResult result =
        ready != nullptr ? program.run(*ready, state_.step)
                         : program.run(train_, indices, state_.step, state_.epoch);
    if (!std::isfinite(result.loss)) throw NotFinite{"the loss", state_.step, true};
    if (options_.observer != nullptr && !searching_) {
      options_.observer->on_gradients({.epoch = state_.epoch + 1,
                                       .batch = state_.batch + 1,
                                       .batches = batches_,
                                       .parameters = run_.last.parameters,
                                       .states = run_.last.states,
                                       .gradients = program.gradients()});
    }
    const double factor = internal::clip_factor(context_, program.gradients(), settings_.clip_norm);
    size_t bad = 0;
    if (!run_.optimizer.update(context_, run_.last.parameters, program.gradients(), rate_,
                               state_.step + 1, bad, factor)) {
      throw NotFinite{"the gradient of \"" + model_.parameters()[bad].name + "\"", state_.step};
    }
    copy(program.new_states(), run_.last.states);
    ++state_.step;
    if (settings_.ema) {
      internal::move_average(context_, run_.last,
                             internal::kept_fraction(*settings_.ema, state_.step), run_.average);
    }
    state_.loss_sum += result.loss * static_cast<double>(indices.size());
    state_.correct_sum += result.correct;
    state_.squares_sum += result.squares;
    state_.images_sum += std::ssize(indices);
    if (options_.observer != nullptr && !searching_) {
      options_.observer->on_batch(state_.epoch + 1, state_.batch + 1, batches_, result.loss);
    }
  }

  void finish_epoch(Clock::time_point begin, Index images) {
    EpochReport report;
    report.epoch = state_.epoch + 1;
    report.epochs = epochs_;
    report.train = internal::training_metrics(model_, state_);
    report.learning_rate = rate_of(state_.step - 1);
    if (validator_) report.validation = validator_->measure(validation_);
    if (validator_ && !std::isfinite(report.validation->loss)) report_validation();
    report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    report.images_per_second = static_cast<double>(images) / std::max(report.seconds, 1e-9);
    report.best = !validator_ || state_.best_epoch == 0 || better(*report.validation, state_.best);
    ++state_.since_best;
    if (report.best) {
      state_.best_epoch = report.epoch;
      state_.best = report.validation.value_or(report.train);
      state_.since_best = 0;
      copy(measured().parameters, run_.best.parameters);
      copy(measured().states, run_.best.states);
    }
    state_.history.push_back(report);
    ++state_.epoch;
    state_.clear_sums();
    save(report.best);
    if (options_.observer != nullptr) options_.observer->on_epoch(report);
  }

  /// Writes the run and, if they have changed, the best weights.
  void save(bool weights) {
    if (options_.checkpoint.empty()) return;
    if (internal::writes_files(options_)) {
      internal::save_run(model_, options_.checkpoint, run_, weights);
    }
    saved_ = true;
  }

  const Model& model_;
  const Examples train_;
  const Examples validation_;
  Context& context_;
  const FitOptions& options_;
  const TrainingSettings& settings_;
  const Index batch_;
  const Index batches_;

  internal::Run run_;
  RunState& state_ = run_.state;
  const Index epochs_;
  bool searching_ = false;              // for the first number that is not finite
  bool saved_ = options_.resume;        // the checkpoint holds a state of this run
  double rate_ = 0.0;                   // of the last step
  std::vector<ModelProgram> programs_;  // full batches, then the last, partial one
  std::optional<Evaluator> validator_;
  std::optional<internal::BatchAhead> ahead_;
};

}  // namespace

Trained fit(const Model& model, const Examples& examples, Context& context,
            const FitOptions& options) {
  const auto lock = internal::begin_run(model, examples.count(), context.threads(), options);
  return Trainer(model, internal::divided(model, examples, options), context, options).train();
}

}  // namespace autonet
