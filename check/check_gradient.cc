#include "autonet/check/check_gradient.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "check/diagnosis.h"
#include "check/difference.h"
#include "check/limits.h"
#include "check/taylor.h"
#include "check/vectors.h"
#include "text/numbers.h"

namespace autonet {
namespace {

using namespace internal;
using text::concat;

/// f as a function of the one array that is moved.
class Moved {
 public:
  Moved(const ScalarFunction& f, std::span<const Array> x0, size_t i)
      : f_(f), xs_(x0.begin(), x0.end()), start_(x0[i]), i_(i) {}

  double operator()(const Array& u, double h) {
    xs_[i_] = moved(start_, u, h);
    return f_(xs_);
  }

 private:
  const ScalarFunction& f_;
  std::vector<Array> xs_;
  Array start_;
  size_t i_;
};

/// What a slope by differences says about a claimed one.
enum class Finding { right, right_at_kink, wrong, zero, hidden };

/// `size` is that of the terms of the slope.
Finding compared(const Slope& slope, double claimed, double size, double rtol, double atol) {
  if (slope.kind == Slope::Kind::unknown) {
    return claimed == 0.0 ? Finding::zero : Finding::hidden;
  }
  if (slope.kind == Slope::Kind::kink) {
    const double allowed = rtol * size + atol + slope.doubt;
    return is_subgradient(slope, claimed, allowed) ? Finding::right_at_kink : Finding::wrong;
  }
  if (claimed == 0.0 && slope.value == 0.0) return Finding::zero;
  switch (compare(claimed, slope.value, size, rtol + atol / size, slope.doubt)) {
    case Agreement::agrees:
      return Finding::right;
    case Agreement::disagrees:
      return Finding::wrong;
    case Agreement::hidden:
      break;
  }
  return Finding::hidden;
}

/// Checks one array's gradient.
class TensorGradient {
 public:
  TensorGradient(const ScalarFunction& f, std::span<const Array> x0, size_t i,
                 const Array& gradient, const CheckGradientOptions& options)
      : f_(f, x0, i), x_(x0[i]), gradient_(plain(gradient)), options_(options), stream_(i) {}

  /// Fills in all but the name. `note` is set where the gradient is slightly off.
  void check(TensorCheck& tensor, std::string& note) {
    along_direction(tensor, note);
    by_element(tensor);
    decide(tensor);
  }

 private:
  /// By larger steps if rounding hides it at the usual ones, as where f computes in f32.
  Slope slope(const Array& u, double first) {
    const auto f = [&](double h) { return Array::scalar(f_(u, h), DType::f64); };
    const auto measured = [&](double step) {
      const Differences differences(f, step);
      return differences.empty() ? Slope() : differences.of(0);
    };
    const Slope found = measured(first);
    if (found.kind == Slope::Kind::smooth && found.doubt <= kTrusted * std::abs(found.value)) {
      return found;
    }
    const Slope wider = measured(kWider * first);
    const bool better = wider.kind == Slope::Kind::smooth && wider.doubt < found.doubt;
    return found.kind == Slope::Kind::smooth && better ? wider : found;
  }

  void along_direction(TensorCheck& tensor, std::string& note) {
    const Array random = normal_array(x_.type(), options_.seed, 2 * stream_);
    const Array u = steep_direction(random, gradient_);
    const double claimed = inner_product(gradient_, u);
    const double size = norm(gradient_) * norm(u);
    const double first = first_step(x_);
    const Slope found = slope(u, first);
    // Elements that the gradient calls zero may matter, so that the slope's own size counts too.
    const double larger = std::max(size, std::abs(found.value));
    direction_ = compared(found, claimed, larger, options_.rtol, 0.0);
    if (found.kind == Slope::Kind::smooth && larger > 0.0) {
      tensor.difference_error = std::abs(found.value - claimed) / larger;
    }
    if (found.kind == Slope::Kind::kink) return;
    const TaylorRemainder taylor =
        taylor_remainder([&](double h) { return f_(u, h); }, claimed, kWider * first);
    tensor.taylor_order = taylor.order;
    if (direction_ == Finding::right && taylor.order < kConfirmingOrder) {
      note = concat("the Taylor remainder falls with order ", text::fixed(taylor.order, 1),
                    ": the gradient is off by about ", text::significant(taylor.error / larger, 1),
                    " of its size, which is within rtol");
    }
  }

  void by_element(TensorCheck& tensor) {
    Random random(options_.seed, 2 * stream_ + 1);
    const double* const claims = gradient_.data<double>();
    for (const Index element : drawn(x_.size(), options_.max_elements, random)) {
      if (options_.stop != nullptr && options_.stop->load()) break;
      const double claimed = claims[element];
      const Array u = unit_array(x_.type(), element);
      const double x = x_.at(position_of(element, x_.shape()));
      const Slope found = slope(u, kFirstStep * std::max(kLeastScale, std::abs(x)));
      const double size = std::max(std::abs(claimed), std::abs(found.value));
      const Finding finding = compared(found, claimed, size, options_.rtol, options_.atol);
      ++tensor.checked;
      tensor.kinks += finding == Finding::right_at_kink ? 1 : 0;
      tensor.zeros += finding == Finding::zero ? 1 : 0;
      tensor.unclear += finding == Finding::hidden ? 1 : 0;
      wrong_ += finding == Finding::wrong ? 1 : 0;
      if (found.kind == Slope::Kind::smooth) samples_.push_back({element, found.value});
      if (finding != Finding::wrong && finding != Finding::right) continue;
      const double error = std::abs(found.value - claimed);
      tensor.worst_absolute = std::max(tensor.worst_absolute, error);
      if (tensor.worst_position && !(error > tensor.worst_relative * size)) continue;
      tensor.worst_relative = error / size;
      tensor.worst_position = position_of(element, x_.shape());
      tensor.analytic = claimed;
      tensor.numeric = found.value;
    }
  }

  void decide(TensorCheck& tensor) const {
    const Index compared = tensor.checked - tensor.zeros - tensor.unclear;
    if (wrong_ > 0 || direction_ == Finding::wrong) {
      tensor.verdict = Verdict::failed;
      tensor.diagnosis = diagnose_elements(
          samples_, std::span(gradient_.data<double>(), static_cast<size_t>(gradient_.size())),
          x_.shape(), kByDifferences, options_.batch);
      if (wrong_ == 0) {
        tensor.diagnosis =
            tensor.checked < tensor.total
                ? concat("wrong along a direction, but right at the ", tensor.checked, " of ",
                         tensor.total, " elements tried: raise max_elements")
                : "each element is right, but not all together: f has a kink or a jump close by";
      } else if (tensor.diagnosis.empty()) {
        tensor.diagnosis = concat(wrong_, " of ", tensor.checked, " elements are wrong");
      }
      if (tensor.worst_position && wrong_ > 0) {
        tensor.diagnosis += concat("; at ", position_text(*tensor.worst_position), " it is ",
                                   text::significant(tensor.analytic, 6), ", by differences ",
                                   text::significant(tensor.numeric, 6));
      }
    } else if (compared == 0 || direction_ == Finding::hidden) {
      tensor.verdict = Verdict::inconclusive;
      tensor.only_zeros = tensor.checked == tensor.zeros && direction_ == Finding::zero;
      tensor.diagnosis = tensor.total == 0 ? "it has no elements"
                         : tensor.only_zeros
                             ? "the gradient is zero and f does not change: try another x0"
                             : "not compared: rounding in f hides its slope. Compute f in f64, or "
                               "try an x0 at which f is smaller";
    }
  }

  Moved f_;
  Array x_;
  Array gradient_;
  const CheckGradientOptions& options_;
  std::uint64_t stream_;
  Finding direction_ = Finding::hidden;
  Index wrong_ = 0;
  std::vector<ElementSample> samples_;
};

/// Throws Error unless the arrays can be checked; returns their names.
std::vector<std::string> names_of(std::span<const Array> x0, const CheckGradientOptions& options) {
  if (x0.empty()) throw Error("check_gradient: there is no array to check");
  std::vector<std::string> names = options.names;
  if (names.empty()) {
    for (size_t i = 0; i < x0.size(); ++i) names.push_back(x0.size() == 1 ? "x" : concat("x", i));
  }
  if (names.size() != x0.size()) {
    throw Error(concat("check_gradient: ", names.size(), " names for ", x0.size(), " arrays"));
  }
  for (size_t i = 0; i < x0.size(); ++i) {
    if (!x0[i].has_data() || x0[i].dtype() != DType::f64) {
      throw Error(concat("check_gradient: ", names[i],
                         " must be an array of f64; convert inside f if f computes in f32"));
    }
  }
  return names;
}

/// f(x0) twice: the claim that it is finite and a function of x alone.
ClaimCheck repeatable(const ScalarFunction& f, std::span<const Array> x0) {
  ClaimCheck claim{.name = "repeatable", .claim = "f has one value at x0", .compared = 1};
  const double first = f(x0);
  const double second = f(x0);
  claim.worst = std::abs(first - second);
  if (!std::isfinite(first)) {
    claim.fail(concat("f is ", text::significant(first, 6), " at x0"));
  } else if (first != second) {
    claim.fail(concat("f is ", text::significant(first, 17), " at x0, and ",
                      text::significant(second, 17),
                      " when called again: fix the seed of its random numbers"));
  }
  return claim;
}

/// Says what is wrong with a gradient that cannot be compared; empty if it can.
std::string unusable(const Array& gradient, const Array& x) {
  if (!gradient.has_data()) return "the gradient has no data";
  if (gradient.shape() != x.shape()) {
    return concat("the gradient has shape ", gradient.shape().str(), ", x has shape ",
                  x.shape().str());
  }
  const std::optional<Index> bad = first_not_finite(gradient);
  return bad ? concat("the gradient is not finite at ", position_text(*bad, x.shape())) : "";
}

}  // namespace

CheckReport check_gradient(const ScalarFunction& f, const GradientFunction& gradient,
                           std::span<const Array> x0, const CheckGradientOptions& options) {
  const std::vector<std::string> names = names_of(x0, options);
  const std::vector<Array> gradients = gradient(x0);
  if (gradients.size() != x0.size()) {
    throw Error(
        concat("check_gradient: ", gradients.size(), " gradients for ", x0.size(), " arrays"));
  }
  CheckReport report;
  report.claims.push_back(repeatable(f, x0));
  for (size_t i = 0; i < x0.size() && report.claims[0].verdict == Verdict::passed; ++i) {
    report.stopped = options.stop != nullptr && options.stop->load();
    if (report.stopped) break;
    if (options.progress) options.progress(names[i]);
    TensorCheck tensor{.name = names[i], .shape = x0[i].shape(), .total = x0[i].size()};
    tensor.diagnosis = unusable(gradients[i], x0[i]);
    std::string note;
    if (tensor.diagnosis.empty()) {
      TensorGradient(f, x0, i, gradients[i], options).check(tensor, note);
    } else {
      tensor.verdict = Verdict::failed;
    }
    if (!note.empty()) report.notes.push_back(concat(names[i], ": ", note));
    report.tensors.push_back(tensor);
  }
  report.verdict = verdict_of(report);
  return report;
}

CheckReport check_gradient(const LayerForward& forward, const LayerBackward& backward,
                           std::span<const Array> x0, const CheckGradientOptions& options) {
  (void)names_of(x0, options);
  const Array y = forward(x0);
  const Array ybar = normal_array({y.shape(), DType::f64}, options.seed, x0.size() * 2);
  const auto f = [&](std::span<const Array> xs) {
    const Array value = forward(xs);
    if (value.shape() != y.shape()) {
      throw Error(concat("check_gradient: y has shape ", y.shape().str(), " at x0, and ",
                         value.shape().str(), " close by"));
    }
    return inner_product(value, ybar);
  };
  const auto gradient = [&](std::span<const Array> xs) { return backward(xs, ybar); };
  return check_gradient(ScalarFunction(f), GradientFunction(gradient), x0, options);
}

}  // namespace autonet
