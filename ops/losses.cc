#include "autonet/ops/losses.h"

#include "autonet/autograd/error.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/families.h"

namespace autonet {
namespace {

void check_types(const char* op, Var a, Var b) {
  if (a.type() == b.type()) return;
  throw Error(
      text::concat(op, ": needs two arrays of one type, got ", a.type(), " and ", b.type()));
}

}  // namespace

Var cross_entropy(Var logits, Var labels, const CrossEntropyOptions& options) {
  const Shape& z = logits.shape();
  const int last = z.rank() - 1;
  if (last < 0 || labels.shape() != Shape(z.lengths().first(static_cast<size_t>(last))) ||
      logits.dtype() != labels.dtype()) {
    throw Error(
        text::concat("cross_entropy: needs logits [...,K] and labels [...] of one dtype; "
                     "logits ",
                     logits.type(), ", labels ", labels.type()));
  }
  if (!(options.smoothing >= 0.0 && options.smoothing <= 1.0)) {
    throw Error(
        text::concat("cross_entropy: smoothing must be between 0 and 1, got ", options.smoothing));
  }
  const Index classes = z[last];
  const Index count = labels.shape().size();
  Var label = labels;
  Var counted = internal::number_like(logits, 1.0);  // 0 for labels that are ignored
  if (options.ignored_label) {
    const Var valid = not_equal(label, static_cast<double>(*options.ignored_label));
    label = internal::record<internal::Masked>(valid, label, 1.0);
    counted = reshape(valid, {count, 1});
  }
  const Var hot = internal::one_hot_of("cross_entropy", label, classes);
  Var targets = hot;
  if (options.smoothing > 0.0) {
    targets = (1.0 - options.smoothing) * hot + options.smoothing / static_cast<double>(classes);
  }
  Var weights = hot;
  if (options.class_weights.valid()) {
    if (options.class_weights.shape() != Shape{classes}) {
      throw Error(text::concat("cross_entropy: needs one weight for each of ", classes,
                               " classes, got ", options.class_weights.shape()));
    }
    targets *= options.class_weights;
    weights *= options.class_weights;
  }
  const Var share = static_cast<double>(count) / sum(weights * counted);
  return softmax_cross_entropy(reshape(logits, {count, classes}), targets * counted * share);
}

Var binary_cross_entropy(Var logits, Var targets) {
  check_types("binary_cross_entropy", logits, targets);
  return mean(targets * softplus(-logits) + (1.0 - targets) * softplus(logits));
}

Var huber_loss(Var a, Var b, double delta) {
  check_types("huber_loss", a, b);
  if (!(delta > 0.0)) {
    throw Error(text::concat("huber_loss: delta must be positive, got ", delta));
  }
  const Var distance = abs(a - b);
  const Var near = minimum(distance, delta);
  return mean(0.5 * (near * near) + delta * (distance - near));
}

std::vector<OpInfo> internal::loss_ops() {
  const InputSpec logits{{2, 3, 4}, -2, 2};
  const InputSpec labels{{2, 3}, 0, 3, InputSpec::Kind::integer};
  const InputSpec far{{3, 5}, -2, 2, InputSpec::Kind::distinct};
  return {
      {"cross_entropy",
       "y = -sum over l,k of w[k] t[l,k] log_softmax(z)[l,k] / sum over l of w[label]",
       {{"pixels", {logits, labels}, [](auto in) { return cross_entropy(in[0], in[1]); }},
        {"class weights, an ignored label, smoothing 0.1",
         {logits, labels, {{4}, 0.5, 2}},
         [](auto in) {
           return cross_entropy(in[0], in[1],
                                {.class_weights = in[2], .ignored_label = 3, .smoothing = 0.1});
         }}}},
      {"binary_cross_entropy",
       "y = mean of -t ln(sigmoid(z)) - (1 - t) ln(1 - sigmoid(z))",
       {{"probabilities",
         {{{3, 5}, -2, 2}, {{3, 5}, 0, 1}},
         [](auto in) { return binary_cross_entropy(in[0], in[1]); }}}},
      {"huber_loss",
       "y = mean of d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), d = a - b",
       {{"delta 0.7",
         {far, {{3, 5}, -0.2, 0.2}},
         [](auto in) { return huber_loss(in[0], in[1], 0.7); }}}},
  };
}

}  // namespace autonet
