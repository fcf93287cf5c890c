#include "train/evaluator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace autonet::internal {
namespace {

constexpr Index kBatch = 250;  // fixed: the figures do not depend on the training's batch size

}  // namespace

Evaluator::Evaluator(const Model& model, Context& context, Index examples, const Weights& weights,
                     const ModelProgram* lender, const ImageViews& views, Collective* collective)
    : model_(model), order_(static_cast<size_t>(examples)) {
  std::iota(order_.begin(), order_.end(), Index{0});
  programs_.reserve(2);
  const auto program = [&](Index batch, const ModelProgram* from) {
    programs_.emplace_back(model, context, batch, Model::Mode::evaluation, weights, 0, from, views,
                           collective);
  };
  // All views of a batch are computed at once.
  const Index batch = std::min(kBatch / views.count(), examples);
  if (batch > 0) program(batch, lender);
  if (batch > 0 && examples % batch > 0) program(examples % batch, programs_.data());
}

Metrics Evaluator::measure(const Examples& examples) {
  double loss = 0.0;
  Index correct = 0;
  double squares = 0.0;
  for (size_t first = 0; first < order_.size();) {
    const bool full = order_.size() - first >= static_cast<size_t>(programs_[0].batch());
    ModelProgram& program = full ? programs_[0] : programs_.back();
    const auto count = static_cast<size_t>(program.batch());
    const BatchResult result =
        program.run(examples, std::span<const Index>(order_).subspan(first, count), 0);
    loss += result.loss * static_cast<double>(count);
    correct += result.correct;
    squares += result.squares;
    first += count;
  }
  const double count = std::max(1.0, static_cast<double>(order_.size()));
  return {.loss = loss / count,
          .accuracy = static_cast<double>(correct) / count,
          .rmse = std::sqrt(squares / (count * static_cast<double>(model_.outputs())))};
}

}  // namespace autonet::internal
