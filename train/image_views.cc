#include "autonet/train/image_views.h"

#include <algorithm>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

/// The images x [N,rows,columns,channels], moved along an axis by `by` pixels, forwards if it is
/// positive.
Var moved(Var x, int axis, Index by, std::optional<double> fill) {
  const Index length = x.shape()[axis];
  const Index size = std::abs(by);
  const Var kept = slice(x, axis, by > 0 ? 0 : size, length - size);
  Var outside = slice(x, axis, by > 0 ? 0 : length - 1, 1);
  if (fill) outside = x.tape().constant(Array::full(outside.type(), *fill));
  std::vector<Var> pieces(static_cast<size_t>(size), outside);
  pieces.insert(by > 0 ? pieces.end() : pieces.begin(), kept);
  return concat(pieces, axis);
}

/// All views of the images, one after the other: [views · N,rows,columns,channels].
Var views_of(Var x, const ImageViews& views, std::optional<double> fill) {
  std::vector<Var> all{x};
  if (views.shift > 0) {
    for (const int axis : {1, 2}) {
      for (const Index by : {-views.shift, views.shift}) all.push_back(moved(x, axis, by, fill));
    }
  }
  if (views.flip) {
    for (size_t i = 0, moves = all.size(); i < moves; ++i) all.push_back(flip(all[i], {2}));
  }
  return concat(all, 0);
}

/// ln of the mean over the first axis of e^y, [V,N,K] to [N,K].
Var log_mean_exp(Var y) {
  const Var largest = max(y, {0}, true);
  return log(mean(exp(y - largest), {0})) + reshape(largest, {y.shape()[1], y.shape()[2]});
}

}  // namespace

void check_views(const Model& model, const ImageViews& views, std::string_view doing) {
  if (views.count() == 1 && views.shift == 0) return;
  const Shape& input = model.input_shape();
  if (input.rank() != 3) {
    throw ModelError(text::concat(doing, ": views of images are to be averaged, but the model ",
                                  model.name(), " reads ", input, ", not [rows,columns,channels]"));
  }
  if (views.shift < 0 || views.shift >= std::min(input[0], input[1])) {
    throw ModelError(text::concat(doing, ": images ", input, " can be moved by 1 to ",
                                  std::min(input[0], input[1]) - 1, " pixels, got ", views.shift));
  }
}

Var record_views(const Model& model, Var x, std::span<const Var> parameters,
                 std::span<const Var> states, Var step, const ImageViews& views) {
  const auto record = [&](Var inputs) {
    return model.record(inputs, parameters, states, Model::Mode::evaluation, step).output;
  };
  if (views.count() == 1) return record(x);
  const Var outputs = record(views_of(x, views, model.data().augment.fill));
  const Shape by_view{views.count(), x.shape()[0], model.outputs()};
  if (model.loss_key() != "cross_entropy") return mean(reshape(outputs, by_view), {0});
  return log_mean_exp(reshape(log_softmax(outputs), by_view));
}

}  // namespace autonet::internal
