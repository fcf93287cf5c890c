#include "autograd/check_grad.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>

#include "autograd/difference.h"
#include "autograd/error.h"
#include "autograd/grad.h"
#include "autograd/program.h"
#include "autograd/random.h"

namespace autonet {
namespace {

constexpr double kStep = 1e-4;

double norm(std::span<const double> x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

/// y as a function of its points, and its gradient, each planned once.
class Subject {
 public:
  Subject(const std::function<Var(Tape&, std::span<const Var>)>& f, std::span<const Array> points,
          std::span<const std::string> names, Context& context)
      : tape_(&context) {
    for (size_t i = 0; i < points.size(); ++i) {
      if (points[i].dtype() != DType::f64) {
        throw Error("check_grad: \"" + names[i] + "\" is f32; differences need f64");
      }
      xs_.push_back(tape_.placeholder(points[i].type(), names[i]));
    }
    const Var y = f(tape_, xs_);
    std::vector<Var> outputs = grad(y, xs_);
    const std::vector<Var> value{y};
    value_ = std::make_unique<Program>(context, xs_, value);
    gradient_ = std::make_unique<Program>(context, xs_, outputs);
    for (size_t i = 0; i < points.size(); ++i) {
      value_->input(i).copy_from(points[i]);
      gradient_->input(i).copy_from(points[i]);
    }
  }

  double value() {
    value_->run();
    return value_->output(0).item();
  }
  /// The numbers of point i, to be moved and put back.
  double* numbers(size_t i) { return value_->input(i).data<double>(); }

  std::vector<std::vector<double>> gradients() {
    gradient_->run();
    std::vector<std::vector<double>> all;
    for (size_t i = 0; i < xs_.size(); ++i) all.push_back(gradient_->output(i).to_vector());
    return all;
  }

 private:
  Tape tape_;
  std::vector<Var> xs_;
  std::unique_ptr<Program> value_;
  std::unique_ptr<Program> gradient_;
};

/// `count` different numbers below `total`, in order; all of them if there are no more.
std::vector<Index> chosen(Index total, Index count, Random& random) {
  std::vector<Index> all;
  if (count >= total) {
    all.resize(static_cast<size_t>(total));
    std::iota(all.begin(), all.end(), Index{0});
    return all;
  }
  std::set<Index> some;
  while (static_cast<Index>(some.size()) < count) {
    some.insert(static_cast<Index>(random.below(static_cast<std::uint64_t>(total))));
  }
  return {some.begin(), some.end()};
}

std::vector<Index> position_of(Index element, const Shape& shape) {
  std::vector<Index> position(static_cast<size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    position[static_cast<size_t>(axis)] = element % shape[axis];
    element /= shape[axis];
  }
  return position;
}

/// Checks one tensor; collects what a diagnosis needs.
class TensorChecker {
 public:
  TensorChecker(Subject& subject, size_t index, std::span<const double> gradient, double center,
                const CheckGradOptions& options, TensorCheck& out)
      : subject_(subject),
        index_(index),
        gradient_(gradient),
        center_(center),
        options_(options),
        out_(out),
        random_(options.seed, stream_of(out.name.c_str())) {}

  void run() {
    for (double g : gradient_) {
      if (std::isfinite(g)) continue;
      failed_ = true;
      out_.diagnosis = "the gradient by the rules holds an infinity or NaN";
    }
    for (Index element : chosen(out_.total, options_.max_elements, random_)) check_element(element);
    for (int k = 0; k < options_.directions && out_.total > 0; ++k) check_direction();
    if (failed_) {
      out_.verdict = Verdict::failed;
      if (out_.diagnosis.empty()) out_.diagnosis = diagnose();
    } else if (!compared_) {
      out_.verdict = Verdict::inconclusive;
      out_.diagnosis = out_.kinks > 0 ? "all that is not zero lies on kinks"
                       : out_.unclear > 0
                           ? "rounding hides every slope: y is too large beside its changes"
                           : "both sides are zero everywhere: nothing was compared";
    }
  }

 private:
  void check_element(Index element) {
    double* numbers = subject_.numbers(index_);
    const double before = numbers[element];
    const double scale = std::max(1.0, std::abs(before));
    const Slope slope = difference(
        [&](double h) {
          numbers[element] = before + h;
          const double y = subject_.value();
          numbers[element] = before;
          return y;
        },
        center_, kStep * scale);
    const double analytic = gradient_[static_cast<size_t>(element)];
    ++out_.checked;
    if (!std::isfinite(slope.value)) return fail_without_slope(slope);
    const double larger = std::max(std::abs(analytic), std::abs(slope.value));
    const double error = std::abs(analytic - slope.value);
    if (larger <= options_.atol) {
      ++out_.zeros;
      return;
    }
    const double tolerance = options_.atol + options_.rtol * larger;
    const bool good = error <= tolerance + allowance(slope, larger);
    if (!good && on_kink(slope, analytic, tolerance)) {
      ++out_.kinks;
      return;
    }
    if (!good && error <= tolerance + 3 * slope.uncertainty) {
      ++out_.unclear;
      return;
    }
    note(element, analytic, slope, error, error / larger);
    compared_ = true;
    if (!good) {
      failed_ = true;
      ratios_.push_back(slope.value == 0.0 ? 0.0 : analytic / slope.value);
    }
  }

  // Compared with NaN, any number looks as if it agreed.
  void fail_without_slope(const Slope& slope) {
    failed_ = true;
    out_.numeric = slope.value;
    out_.step = slope.step;
    if (!out_.diagnosis.empty()) return;
    out_.diagnosis = "y is infinite or NaN a step away: its change cannot be measured";
  }

  /// What a difference's uncertainty excuses: nothing where it is not small beside the slope.
  double allowance(const Slope& slope, double larger) const {
    const bool trusted = slope.uncertainty <= 1e-4 * larger + 100 * options_.atol;
    return trusted ? 3 * slope.uncertainty : 0.0;
  }

  static bool on_kink(const Slope& slope, double analytic, double tolerance) {
    const auto [low, high] = std::minmax(slope.left, slope.right);
    const bool kink = high - low > 1e-3 * std::max(std::abs(low), std::abs(high));
    const double margin = tolerance + 1e-6 * (high - low);
    return kink && analytic >= low - margin && analytic <= high + margin;
  }

  void note(Index element, double analytic, const Slope& slope, double error, double relative) {
    out_.worst_absolute = std::max(out_.worst_absolute, error);
    if (relative < out_.worst_relative && !out_.worst_position.empty()) return;
    out_.worst_relative = relative;
    out_.worst_position = position_of(element, out_.shape);
    out_.analytic = analytic;
    out_.numeric = slope.value;
    out_.step = slope.step;
  }

  /// Along u + g/|g|, u a random unit vector: the gradient's own direction makes the slope large,
  /// so that a wrong factor shows, and the random part meets every element.
  void check_direction() {
    const auto n = gradient_.size();
    double* numbers = subject_.numbers(index_);
    const std::vector<double> before(numbers, numbers + n);
    std::vector<double> d(n);
    for (double& value : d) value = random_.normal();
    const double length = norm(d);
    const double steepness = norm(gradient_);
    double analytic = 0.0;
    for (size_t i = 0; i < n; ++i) {
      d[i] = d[i] / length + (steepness > 0.0 ? gradient_[i] / steepness : 0.0);
      analytic += gradient_[i] * d[i];
    }
    const Slope slope = difference(
        [&](double h) {
          for (size_t i = 0; i < n; ++i) numbers[i] = before[i] + h * d[i];
          const double y = subject_.value();
          std::copy(before.begin(), before.end(), numbers);
          return y;
        },
        center_, kStep * std::max(1.0, norm(before) / std::sqrt(static_cast<double>(n))));
    if (!std::isfinite(slope.value)) return fail_without_slope(slope);
    const double larger = std::max(std::abs(analytic), std::abs(slope.value));
    if (larger <= options_.atol) return;
    const double error = std::abs(analytic - slope.value);
    const double tolerance = options_.atol + options_.rtol * larger;
    const double uncertainty = 3 * slope.uncertainty;
    const bool good = error <= tolerance + std::min(uncertainty, 1e-4 * larger);
    if (!good && on_kink(slope, analytic, tolerance)) return;
    if (!good && error <= tolerance + uncertainty) return;  // not compared: it proves nothing
    out_.direction_error = std::max(out_.direction_error, error / larger);
    compared_ = true;
    if (!good) {
      failed_ = true;
      ratios_.push_back(slope.value == 0.0 ? 0.0 : analytic / slope.value);
    }
  }

  std::string diagnose() const {
    if (ratios_.empty()) return {};
    const auto [low, high] = std::ranges::minmax(ratios_);
    const double middle = (low + high) / 2;
    if (std::abs(high - low) > 1e-3 * std::abs(middle) || ratios_.size() < 2) {
      return "the rule's gradient and the change of y disagree, at " +
             std::to_string(ratios_.size()) + " places compared";
    }
    if (std::abs(middle) < 1e-12) return "the rule gives zero where y changes: a term is missing";
    if (std::abs(middle + 1.0) < 1e-3) return "the sign is wrong wherever it was compared";
    return "the rule's gradient is " + std::to_string(middle) +
           " times the change of y wherever they disagree: a factor is wrong";
  }

  Subject& subject_;
  size_t index_;
  std::span<const double> gradient_;
  double center_;
  const CheckGradOptions& options_;
  TensorCheck& out_;
  Random random_;
  bool failed_ = false;
  bool compared_ = false;  // something that is not zero
  std::vector<double> ratios_;
};

}  // namespace

CheckReport check_grad(const std::function<Var(Tape&, std::span<const Var>)>& f,
                       std::span<const Array> points, std::span<const std::string> names,
                       const CheckGradOptions& options) {
  if (points.size() != names.size()) {
    throw Error("check_grad: " + std::to_string(points.size()) + " points but " +
                std::to_string(names.size()) + " names");
  }
  Context own;
  Subject subject(f, points, names, options.context == nullptr ? own : *options.context);
  const double center = subject.value();
  const double again = subject.value();
  if (std::memcmp(&center, &again, sizeof center) != 0) {
    throw Error("check_grad: two forward passes differ, " + std::to_string(center) + " and " +
                std::to_string(again) + "; hold random masks and states still");
  }
  const std::vector<std::vector<double>> gradients = subject.gradients();
  CheckReport report;
  bool failed = !std::isfinite(center);
  bool inconclusive = points.empty();
  for (size_t i = 0; i < points.size(); ++i) {
    TensorCheck& tensor = report.tensors.emplace_back();
    tensor.name = names[i];
    tensor.shape = points[i].shape();
    tensor.total = points[i].size();
    TensorChecker(subject, i, gradients[i], center, options, tensor).run();
    failed = failed || tensor.verdict == Verdict::failed;
    inconclusive = inconclusive || tensor.verdict == Verdict::inconclusive;
  }
  report.verdict = failed         ? Verdict::failed
                   : inconclusive ? Verdict::inconclusive
                                  : Verdict::passed;
  return report;
}

}  // namespace autonet
