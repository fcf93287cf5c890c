#include "cli/fit_verdict.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autonet/text/concat.h"
#include "text/numbers.h"

namespace autonet::cli {
namespace {

/// The accuracy of always answering the most frequent class.
double largest_share(const Model& model, const std::vector<double>& labels) {
  std::vector<Index> counts(static_cast<size_t>(model.classes()), 0);
  for (const double label : labels) ++counts[static_cast<size_t>(label)];
  return static_cast<double>(*std::ranges::max_element(counts)) /
         static_cast<double>(labels.size());
}

/// The root mean squared error of answering the mean of each output.
double spread_of(const std::vector<double>& targets, size_t outputs) {
  double squares = 0.0;
  const auto rows = static_cast<double>(targets.size() / outputs);
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

std::string fit_verdict(const Model& model, const Trained& result, const Splits& data,
                        const Results& results) {
  if (result.epochs.empty()) return "";
  const EpochReport& first = result.epochs.front();
  const EpochReport& last = result.epochs.back();
  constexpr double kFar = 2.0;
  if (last.train.loss > kFar * first.train.loss) {
    return text::concat("The run diverged: its training loss rose from ",
                        text::loss_text(first.train.loss), " in epoch 1 to ",
                        text::loss_text(last.train.loss), " in epoch ", last.epoch,
                        ".\nLower the learning rate, or add a warm-up.\n");
  }
  const bool validation = results.validation.has_value();
  const Metrics& metrics = validation ? *results.validation : results.train;
  const Examples& examples = validation ? data.validation : data.train;
  const std::vector<double> targets = examples.y.numbers().to_vector();
  const std::string where = validation ? "the validation examples" : "the training examples";
  if (model.classes() > 0) {
    const double share = largest_share(model, targets);
    // Within one standard error of it, for so many examples.
    const double error = std::sqrt(share * (1.0 - share) / static_cast<double>(targets.size()));
    if (metrics.accuracy > share + error) return "";
    return text::concat("The model does no better than guessing: always answering the most ",
                        "frequent class is\nright for ", text::percent(share), " of ", where,
                        ". Try another learning rate or initialization.\n");
  }
  const double spread = spread_of(targets, static_cast<size_t>(model.outputs()));
  if (metrics.rmse < spread) return "";
  return text::concat("The model does no better than guessing: always answering the mean has the ",
                      "RMSE ", text::loss_text(spread), "\non ", where,
                      ". Try another learning rate or initialization.\n");
}

}  // namespace autonet::cli
