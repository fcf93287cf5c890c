#include "train/evaluate.h"

#include <algorithm>
#include <numeric>

#include "autograd/error.h"

namespace autonet {
namespace {

constexpr Index kBatch = 250;  // fixed: the figures do not depend on the training's batch size

}  // namespace

void check_images(const Model& model, const Images& images, const char* what) {
  const Shape have{images.rows, images.cols, images.channels};
  if (have != model.image_shape()) {
    throw DataError(std::string(what) + ": the images are " + have.str() + " but the model " +
                    model.name() + " wants " + model.image_shape().str());
  }
  const auto bad = std::ranges::find_if(
      images.labels, [&](std::int32_t label) { return label < 0 || label >= model.classes(); });
  if (bad != images.labels.end()) {
    throw DataError(std::string(what) + ": label " + std::to_string(*bad) + " of image " +
                    std::to_string(bad - images.labels.begin()) + " is outside the model's " +
                    std::to_string(model.classes()) + " classes");
  }
}

Evaluator::Evaluator(const Model& model, Context& context, Index images,
                     std::span<const Array> parameters, std::span<const Array> states,
                     const ModelProgram* lender)
    : order_(static_cast<size_t>(images)) {
  std::iota(order_.begin(), order_.end(), Index{0});
  programs_.reserve(2);
  const Index batch = std::min(kBatch, images);
  if (batch > 0) {
    programs_.emplace_back(model, context, batch, Model::Mode::evaluation, parameters, states, 0,
                           lender);
  }
  if (batch > 0 && images % batch > 0) {
    programs_.emplace_back(model, context, images % batch, Model::Mode::evaluation, parameters,
                           states, 0, programs_.data());
  }
}

Metrics Evaluator::measure(const Images& images) {
  double loss = 0.0;
  Index correct = 0;
  for (size_t first = 0; first < order_.size();) {
    const bool full = order_.size() - first >= static_cast<size_t>(programs_[0].batch());
    ModelProgram& program = full ? programs_[0] : programs_.back();
    const auto count = static_cast<size_t>(program.batch());
    const BatchResult result =
        program.run(images, std::span<const Index>(order_).subspan(first, count), 0);
    loss += result.loss * static_cast<double>(count);
    correct += result.correct;
    first += count;
  }
  const double count = std::max(1.0, static_cast<double>(order_.size()));
  return {loss / count, static_cast<double>(correct) / count};
}

Metrics evaluate(const Model& model, const Images& images, std::span<const Array> parameters,
                 std::span<const Array> states, Context& context) {
  check_images(model, images, "evaluate");
  return Evaluator(model, context, images.count, parameters, states).measure(images);
}

}  // namespace autonet
