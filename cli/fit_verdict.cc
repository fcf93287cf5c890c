#include "cli/fit_verdict.h"

#include <algorithm>
#include <cmath>

#include "autonet/text/concat.h"
#include "text/numbers.h"
#include "text/wrap.h"

namespace autonet::cli {
namespace {

FitVerdict guessing(const std::string& what) {
  return {.kind = "guessing",
          .text = what + " Try another learning rate, more epochs or another initialization."};
}

/// What can be said without looking at the inputs.
struct Guess {
  double share = 0.0;    // the accuracy of always answering the most frequent class
  double entropy = 0.0;  // the cross-entropy of always answering the classes' frequencies
};

Guess guess_of(const Model& model, const std::vector<double>& labels) {
  std::vector<Index> counts(static_cast<size_t>(model.classes()), 0);
  for (const double label : labels) ++counts[static_cast<size_t>(label)];
  Guess guess;
  for (const Index count : counts) {
    const double share = static_cast<double>(count) / static_cast<double>(labels.size());
    guess.share = std::max(guess.share, share);
    if (count > 0) guess.entropy -= share * std::log(share);
  }
  return guess;
}

/// The root mean squared error of answering the mean of each output.
double spread_of(const std::vector<double>& targets, size_t outputs) {
  double squares = 0.0;
  const auto rows = static_cast<double>(targets.size()) / static_cast<double>(outputs);
  for (size_t k = 0; k < outputs; ++k) {
    double mean = 0.0;
    for (size_t i = k; i < targets.size(); i += outputs) mean += targets[i] / rows;
    for (size_t i = k; i < targets.size(); i += outputs) {
      squares += (targets[i] - mean) * (targets[i] - mean);
    }
  }
  return std::sqrt(squares / static_cast<double>(targets.size()));
}

}  // namespace

std::string verdict_text(const std::optional<FitVerdict>& verdict) {
  return verdict ? text::wrapped(verdict->text, 80, "") + "\n" : std::string();
}

std::optional<FitVerdict> fit_verdict(const Model& model, const Trained& result, const Splits& data,
                                      const Results& results) {
  if (result.epochs.empty()) return std::nullopt;
  const EpochReport& first = result.epochs.front();
  const EpochReport& last = result.epochs.back();
  constexpr double kFar = 2.0;
  if (last.train.loss > kFar * first.train.loss) {
    return FitVerdict{
        .kind = "diverged",
        .text = text::concat("The run diverged: its training loss rose from ",
                             text::loss_text(first.train.loss), " in epoch 1 to ",
                             text::loss_text(last.train.loss), " in epoch ", last.epoch,
                             ". Lower the learning rate, or add a warm-up.")};
  }
  const bool validation = results.validation.has_value();
  const Metrics metrics = validation ? *results.validation : results.train.value_or(last.train);
  const Examples& examples = validation ? data.validation : data.train;
  const std::vector<double> targets = internal::targets_of(examples);
  const std::string where = validation ? "the validation examples" : "the training examples";
  if (model.classes() > 0) {
    const Guess guess = guess_of(model, targets);
    const double share = guess.share;
    // Within one standard error of it, for so many examples.
    const double error = std::sqrt(share * (1.0 - share) / static_cast<double>(targets.size()));
    constexpr double kLittle = 0.1;  // of the way from guessing to a perfect answer
    if (metrics.accuracy > share + error && metrics.accuracy < share + kLittle * (1.0 - share) &&
        model.loss_key() == "cross_entropy" && metrics.loss >= guess.entropy) {
      return guessing(text::concat("The model does hardly better than guessing: its loss ",
                                   text::loss_text(metrics.loss), " on ", where,
                                   " is no lower than that of always answering the shares of the "
                                   "classes, ",
                                   text::loss_text(guess.entropy), "."));
    }
    if (metrics.accuracy > share + error) return std::nullopt;
    return guessing(
        text::concat("The model does no better than guessing: always answering the most frequent "
                     "class is right for ",
                     text::percent(share), " of ", where, "."));
  }
  const double spread = spread_of(targets, static_cast<size_t>(model.outputs()));
  if (metrics.rmse < spread) return std::nullopt;
  return guessing(text::concat(
      "The model does no better than guessing: always answering the mean has the RMSE ",
      text::loss_text(spread), " on ", where, "."));
}

}  // namespace autonet::cli
