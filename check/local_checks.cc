#include "check/local_checks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "autograd/error.h"
#include "autograd/grad.h"
#include "autograd/random.h"
#include "check/diagnosis.h"
#include "check/difference.h"
#include "check/rule_edits.h"
#include "ops/conv2d.h"
#include "ops/patches.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

/// What sides that are computed without a step may differ by, relative to their size.
constexpr double kExactBound = 1e-11;

Array moved(const Array& x, const Array& u, double h) {
  std::vector<double> numbers = x.to_vector();
  const std::vector<double> along = u.to_vector();
  for (size_t k = 0; k < numbers.size(); ++k) numbers[k] += h * along[k];
  return Array::from<double>(x.shape(), numbers);
}

/// One call of an op, looked at by itself.
class LocalCall {
 public:
  LocalCall(Context& context, const ReplayCall& call, int input)
      : context_(context), call_(call), input_(input) {}

  const Array& x() const { return call_.inputs[static_cast<size_t>(input_)]; }

  /// J u without the rule and without a step, or std::nullopt.
  std::optional<Array> exact_tangent(const Array& u) const {
    return call_.op->complex_step(context_, call_.inputs, input_, u);
  }
  std::string exact_means() const {
    return call_.op->linear_in(input_) ? "the op itself" : "complex step";
  }
  /// <v, J u> by differences of the op's forward code.
  Slope slope(const Array& v, const Array& u) const {
    const auto at = [&](double h) {
      std::vector<Array> inputs = call_.inputs;
      inputs[static_cast<size_t>(input_)] = moved(x(), u, h);
      Array y = Array::uninitialized(call_.output.type());
      call_.op->forward(context_, inputs, y);
      return Probe{inner_product(v, y), call_.op->choices(context_, inputs)};
    };
    return difference(at, at(0.0), 1e-3);
  }
  /// <v, J u> by the better of both.
  double right_side(const Array& v, const Array& u) const {
    const std::optional<Array> tangent = exact_tangent(u);
    return tangent ? inner_product(v, *tangent) : slope(v, u).value;
  }

  /// xbar by the rule, or by a changed one.
  std::optional<Array> rule(const Array& v, const RuleRepair* repair = nullptr) const {
    Tape tape(&context_);
    RuleCall rule{call_.op, input_, {}, {}, {}};
    for (const Array& input : call_.inputs) rule.inputs.push_back(tape.variable(input));
    rule.y = tape.variable(call_.output);
    rule.ybar = tape.variable(v);
    const std::optional<Var> xbar = repair == nullptr ? rule.record() : repair->record(rule);
    if (!xbar) return std::nullopt;
    if (xbar->type() != x().type()) {
      throw Error(std::string(call_.op->name()) + ": the rule for input " + std::to_string(input_) +
                  " gives " + xbar->shape().str() + " but the input is " + x().shape().str());
    }
    return xbar->value();
  }

  /// In which way the rule is wrong: by mending it, else from single elements.
  std::string diagnosis(const Array& v, const Array& xbar, std::uint64_t seed) const {
    for (const RuleRepair& repair : rule_repairs()) {
      const std::optional<Array> mended = rule(v, &repair);
      if (!mended) continue;
      bool agrees = true;
      for (std::uint64_t k = 0; k < 3; ++k) {
        const Array u = normal_array(x().type(), seed, 700 + k);
        const double left = right_side(v, u);
        const double right = inner_product(*mended, u);
        agrees = agrees && std::abs(left - right) <= 1e-8 * norm(*mended) * norm(u);
      }
      if (agrees) return repair.diagnosis;
    }
    // What single elements should be: <v, J e>. All of a small input, a sample of a large one.
    std::vector<ElementSample> samples;
    Random random(seed, stream_of("check/samples"));
    constexpr Index kSamples = 60;
    const Index size = x().size();
    for (Index k = 0; k < std::min(size, kSamples); ++k) {
      const auto at =
          size <= kSamples ? k : static_cast<Index>(random.below(static_cast<std::uint64_t>(size)));
      Array unit = Array::zeros(x().type());
      unit.set(position_of(at, x().shape()), 1.0);
      samples.push_back({at, right_side(v, unit)});
    }
    const Shape& y = call_.output.shape();
    return diagnose_elements(samples, xbar.to_vector(), x().shape(), y.rank() > 0 ? y[0] : 0) +
           wrong_rows(seed);
  }

 private:
  /// Which rows of the Jacobian, each what one element of y says of x, are wrong; nothing if all.
  std::string wrong_rows(std::uint64_t seed) const {
    const Array& y = call_.output;
    constexpr Index kRows = 100;
    Random random(seed, stream_of("check/rows"));
    const Array u = normal_array(x().type(), seed, stream_of("check/rows/u"));
    std::vector<std::vector<Index>> wrong;
    std::vector<std::vector<Index>> good;
    const Index rows = std::min(y.size(), kRows);
    for (Index k = 0; k < rows; ++k) {
      const Index row =
          y.size() <= kRows
              ? k
              : static_cast<Index>(random.below(static_cast<std::uint64_t>(y.size())));
      const std::vector<Index> position = position_of(row, y.shape());
      Array unit = Array::zeros(y.type());
      unit.set(position, 1.0);
      const Array xbar = *rule(unit);
      const double right = right_side(unit, u);
      const double size = std::max(norm(xbar) * norm(u), std::abs(right));
      const bool agrees = std::abs(inner_product(xbar, u) - right) <= 1e-6 * size;
      (agrees ? good : wrong).push_back(position);
    }
    if (wrong.empty() || good.empty()) return {};
    const std::string counts =
        "; rows of the Jacobian that are wrong: " + std::to_string(wrong.size()) + " of " +
        std::to_string(rows) + " looked at, ";
    for (size_t axis = 0; axis < wrong[0].size(); ++axis) {
      const auto there = [&](const auto& position) { return position[axis] == wrong[0][axis]; };
      if (!std::ranges::all_of(wrong, there) || std::ranges::any_of(good, there)) continue;
      return counts + "all those of y with index " + std::to_string(wrong[0][axis]) + " on axis " +
             std::to_string(axis);
    }
    return counts + "the first is that of y" + position_text(wrong[0]);
  }

  Context& context_;
  const ReplayCall& call_;
  int input_;
};

/// Whole numbers from -3 to 3.
Array whole_numbers(const ArrayType& type, Random& random) {
  std::vector<double> numbers(static_cast<size_t>(type.shape.size()));
  for (double& number : numbers) number = static_cast<double>(random.below(7)) - 3.0;
  return Array::from<double>(type.shape, numbers).to(type.dtype);
}

bool all_whole(const Array& x) {
  return std::ranges::all_of(x.to_vector(), [](double v) {
    return std::isfinite(v) && v == std::floor(v);  // a quotient by zero is not
  });
}

std::string name_of_call(const ReplayCall& call) {
  std::string text(call.op->name());
  if (!call.label.empty()) text += " of " + call.label;
  return text;
}

}  // namespace

std::vector<RuleCheck> check_rules(Subject& subject, const CheckGradOptions& options) {
  std::map<std::pair<std::string, int>, RuleCheck> rows;
  std::vector<std::pair<std::string, int>> order;
  std::set<std::string> of_many;  // ops of sums and joins, whose inputs are all alike
  for (const ReplayCall& call : subject.replay().calls()) {
    if (call.inputs.size() > 2) of_many.emplace(call.op->name());
  }
  std::uint64_t stream = stream_of("check/rules");
  for (const ReplayCall& call : subject.replay().calls()) {
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      if (!subject.replay().reached(call, i) || call.inputs[i].size() == 0) continue;
      const int input = static_cast<int>(i);
      const std::string op(call.op->name());
      const auto key = std::pair(op, of_many.contains(op) ? RuleCheck::kEvery : input);
      auto [found, fresh] = rows.try_emplace(key);
      RuleCheck& row = found->second;
      if (fresh) {
        order.push_back(key);
        row.op = key.first;
        row.input = key.second;
      }
      ++row.calls;
      const LocalCall local(subject.context(), call, input);
      const Array v = normal_array(call.output.type(), options.seed, ++stream);
      const Array xbar = *local.rule(v);
      Array u = normal_array(local.x().type(), options.seed, ++stream);
      const double steepness = norm(xbar);
      // Random, plus the rule's own direction: see gather_evidence.
      if (steepness > 0.0 && std::isfinite(steepness)) {
        u = moved(u, xbar, norm(u) / steepness);
      }
      const double right = inner_product(xbar, u);
      double left = 0.0;
      double allowed = 0.0;
      if (const std::optional<Array> tangent = local.exact_tangent(u)) {
        row.against = local.exact_means();
        left = inner_product(v, *tangent);
        allowed = kExactBound * std::max(steepness * norm(u), std::abs(left));
      } else {
        row.against = "differences";
        const Slope slope = local.slope(v, u);
        const double good = options.atol + options.rtol * std::abs(slope.value);
        // On a kink any slope between both sides' is right.
        const bool kink = std::abs(slope.value - right) > good && on_kink(slope);
        if (slope.crossed || (kink && is_subgradient(slope, right, good))) continue;
        left = slope.value;
        allowed = kink ? good : good + 3 * slope.uncertainty;
      }
      const double size = std::max(steepness * norm(u), std::abs(left));
      const double error = size == 0.0 ? 0.0 : std::abs(left - right) / size;
      if (row.where.empty() || !(error <= row.worst)) {
        row.worst = error;
        row.where = call.label;
      }
      if (std::abs(left - right) <= allowed) continue;
      if (row.verdict == Verdict::failed) continue;
      row.verdict = Verdict::failed;
      row.where = call.label;
      row.diagnosis = local.diagnosis(v, xbar, options.seed);
    }
  }
  std::vector<RuleCheck> checks;
  for (const auto& key : order) checks.push_back(rows.at(key));
  return checks;
}

ClaimCheck check_exact(Subject& subject, const CheckGradOptions& options) {
  ClaimCheck check;
  check.name = "exact";
  check.claim = "on whole numbers <v, op(u)> = <rule(v), u>, linear ops";
  Random random(options.seed, stream_of("check/exact"));
  for (const ReplayCall& call : subject.replay().calls()) {
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      const int input = static_cast<int>(i);
      if (!subject.replay().reached(call, i) || !call.op->linear_in(input)) continue;
      // <v, op(u)> - <rule(v), u> is a polynomial of low degree in what is drawn: if it is not
      // zero, one draw of seven numbers finds it zero with a chance of its degree in 7 (J.
      // Schwartz, 1980), and where many numbers are drawn hardly ever.
      bool whole = true;
      for (int draw = 0; draw < 3 && whole; ++draw) {
        ReplayCall drawn = call;
        for (Array& x : drawn.inputs) x = whole_numbers(x.type(), random);
        drawn.output = compute(*call.op, subject.context(), drawn.inputs, call.output.type());
        whole = all_whole(drawn.output);  // a mean is not
        if (!whole) break;
        const Array v = whole_numbers(call.output.type(), random);
        const Array xbar = *LocalCall(subject.context(), drawn, input).rule(v);
        const double left = inner_product(v, drawn.output);
        const double right = inner_product(xbar, drawn.inputs[i]);
        if (left != right) {
          check.worst = std::max(check.worst, std::abs(left - right));
          check.verdict = Verdict::failed;
          if (check.details.empty()) {
            check.details = name_of_call(call) + ", the rule for input " + std::to_string(input) +
                            ": " + short_text(left) + " and " + short_text(right);
          }
        }
      }
      check.compared += whole ? 1 : 0;
    }
  }
  if (check.compared == 0) {
    check.verdict = Verdict::inconclusive;
    check.details = "no op is linear";
  }
  return check;
}

namespace {

/// y and the gradients of <v, y> by x and by w.
std::vector<Array> value_and_gradients(Context& context, const Array& x, const Array& w,
                                       const Array& v, Var (*method)(Var, Var, const Window&),
                                       const Window& window) {
  Tape tape(&context);
  const std::vector<Var> in{tape.variable(x), tape.variable(w)};
  const Var y = method(in[0], in[1], window);
  const std::vector<Var> bars = vjp(y, in, tape.variable(v));
  return {y.value(), bars[0].value(), bars[1].value()};
}

}  // namespace

ClaimCheck check_methods(Subject& subject, const CheckGradOptions& options) {
  ClaimCheck check;
  check.name = "two methods";
  check.claim = "on whole numbers convolutions, slid or by patches, agree";
  Random random(options.seed, stream_of("check/methods"));
  for (const ReplayCall& call : subject.replay().calls()) {
    std::optional<PatchCall> patches = as_gather_patches(*call.op);
    std::optional<Window> window = as_conv2d(*call.op);
    if (call.of_rule || (!patches && !window)) continue;
    const Array x = whole_numbers(call.inputs[0].type(), random);
    // Of gathered patches the weights are in another call: any will do.
    const Shape kernel = patches
                             ? Shape{patches->kernel.rows, patches->kernel.cols, x.shape()[3], 2}
                             : call.inputs[1].shape();
    if (patches) window = patches->window;
    const Array w = whole_numbers({kernel, x.dtype()}, random);
    const Shape y = patches ? call.output.shape().with(3, 2) : call.output.shape();
    const Array v = whole_numbers({y, x.dtype()}, random);
    const auto slid = value_and_gradients(subject.context(), x, w, v, conv2d, *window);
    const auto gathered = value_and_gradients(subject.context(), x, w, v, conv2d_patches, *window);
    ++check.compared;
    const char* const parts[] = {"the output", "the input's gradient", "the weights' gradient"};
    for (size_t part = 0; part < 3; ++part) {
      const std::vector<double> a = slid[part].to_vector();
      const std::vector<double> b = gathered[part].to_vector();
      for (size_t k = 0; k < a.size(); ++k) {
        if (a[k] == b[k]) continue;
        check.worst = std::max(check.worst, std::abs(a[k] - b[k]));
        check.verdict = Verdict::failed;
        if (!check.details.empty()) continue;
        check.details = name_of_call(call) + ", " + parts[part] + " at " +
                        position_text(position_of(static_cast<Index>(k), slid[part].shape())) +
                        ": " + short_text(a[k]) + " slid, " + short_text(b[k]) + " by patches";
      }
    }
  }
  return check;
}

}  // namespace autonet
