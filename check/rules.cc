#include "check/rules.h"

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "check/comparison.h"
#include "check/local_call.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// Ops with more inputs than this (sums, joins) treat them all alike and get one row for all.
constexpr size_t kMostRows = 8;

/// v with zeros where y is on a kink or has no slope.
std::vector<double> smooth_part(const Array& v, const Differences& differences, bool& kinks) {
  std::vector<double> part = v.to_vector();
  for (size_t k = 0; k < part.size(); ++k) {
    const Slope::Kind kind = differences.empty() ? Slope::Kind::unknown : differences.of(k).kind;
    if (kind != Slope::Kind::smooth) part[k] = 0.0;
    kinks = kinks || kind == Slope::Kind::kink;
  }
  return part;
}

/// The comparison of <rule(v), u> with <v, J u>, found without the rule, at one call.
struct RuleComparison {
  const LocalCall& call;
  const CheckGradOptions& options;
  Array v;
  Array r;
  LocalRule rule = call.rule();
  Array xbar = rule(v);
  Array u = scaled(steep_direction(r, xbar), norm(r));

  Agreement agreement = Agreement::hidden;
  bool on_kink = false;
  double error = 0.0;  // relative
  std::string against = {};
  std::string diagnosis = {};  // where the rule itself is not what is wrong, or a kink is

  void run(bool confirm) {
    const std::optional<Array> tangent = call.exact_tangent(u);
    if (!tangent) return by_differences();
    against = call.linear() ? "the op itself" : "complex step";
    const double known = inner_product(v, *tangent);
    const double size = std::max(norm(xbar) * norm(u), std::abs(known));
    with(inner_product(xbar, u), known, size, Tolerance::of(kRuleBound * size), kNothing);
    if (agreement == Agreement::disagrees && error > kAlike) {
      blame(*tangent);
    } else if (confirm && !call.linear() && agreement == Agreement::agrees) {
      confirm_complex_step(*tangent);
    }
  }

 private:
  void with(double claimed, double known, double size, const Tolerance& tolerance, double doubt) {
    agreement = compare(claimed, known, size, tolerance, doubt);
    if (agreement == Agreement::disagrees) {  // measure the rounding, which takes time
      rule(v);
      doubt += kRoundings * rule.rounding(u, options.seed);
      agreement = compare(claimed, known, size, tolerance, doubt);
    }
    error = size <= doubt ? 0.0 : std::abs(claimed - known) / size;
  }

  /// Compares a number with differences of <part, y>.
  Agreement against_differences(const Differences& differences, std::span<const double> part,
                                double claimed) const {
    const Slope slope = differences.along(part, claimed);
    if (slope.kind != Slope::Kind::smooth) return Agreement::hidden;
    const double size = std::max(std::abs(claimed), std::abs(slope.value));
    return compare(claimed, slope.value, size, Tolerance::of(size, options.rtol, options.atol),
                   slope.doubt);
  }

  void by_differences() {
    against = "differences";
    const Differences differences = call.differences(u);
    const std::vector<double> part = smooth_part(v, differences, on_kink);
    if (!differences.empty()) {
      const Array masked = Array::from<double>(v.shape(), part);
      xbar = rule(masked);
      v = masked;
      const double claimed = inner_product(xbar, u);
      const Slope slope = differences.along(part, claimed);
      const double size = std::max(std::abs(claimed), std::abs(slope.value));
      if (slope.kind == Slope::Kind::smooth) {
        with(claimed, slope.value, size, Tolerance::of(size, options.rtol, options.atol),
             slope.doubt);
      }
    }
    if (!on_kink || agreement == Agreement::disagrees) return;
    diagnosis = call.wrong_kink(options);
    if (!diagnosis.empty()) agreement = Agreement::disagrees;
  }

  /// The rule disagrees with the op's own tangent: if differences agree with the rule, that is
  /// what is wrong.
  void blame(const Array& tangent) {
    const Differences differences = call.differences(u);
    bool kinks = false;
    const std::vector<double> part = smooth_part(v, differences, kinks);
    const Array masked = Array::from<double>(v.shape(), part);
    if (std::abs(inner_product(rule(masked), u) - inner_product(masked, tangent)) <=
        kAlike * norm(xbar) * norm(u)) {
      return;  // they differ on kinks only
    }
    if (against_differences(differences, part, inner_product(rule(masked), u)) ==
        Agreement::agrees) {
      diagnosis =
          text::concat("differences agree with the rule, so probably the op's ",
                       call.linear() ? "linear_in" : "complex_step", " is wrong for this input");
    }
  }

  void confirm_complex_step(const Array& tangent) {
    const Differences differences = call.differences(u);
    const std::vector<double> part = smooth_part(v, differences, on_kink);
    const double known = inner_product(Array::from<double>(v.shape(), part), tangent);
    if (against_differences(differences, part, known) != Agreement::disagrees) return;
    agreement = Agreement::disagrees;
    diagnosis = "the rule and the op's complex step agree, but not with what forward() computes";
  }
};

/// True if y changes with an input that the op calls not differentiable.
bool has_slope(const LocalCall& call, std::uint64_t seed) {
  const Array& x = call.x();
  const Array u = normal_array(x.type(), seed, stream_of("check/rules/labels"));
  const Differences differences = call.differences(u);
  for (size_t k = 0; !differences.empty() && k < differences.size(); ++k) {
    const Slope slope = differences.of(k);
    if (slope.kind == Slope::Kind::smooth && std::abs(slope.value) > slope.doubt / kTrusted) {
      return true;
    }
  }
  return false;
}

/// The rows, in the order in which their ops are called.
class Rows {
 public:
  Rows(Subject& subject, const CheckGradOptions& options, bool confirm)
      : subject_(subject), options_(options), confirm_(confirm) {}

  std::vector<RuleCheck> run() {
    const auto calls = subject_.replay().calls();
    for (const ReplayCall& call : calls) {
      if (call.inputs.size() > kMostRows) of_many_.emplace(call.op->name());
    }
    for (const ReplayCall& call : calls) {
      for (size_t i = 0; i < call.inputs.size() && !options_.stopped(); ++i) {
        if (call.inputs[i].size() == 0) continue;
        const int made = call.makers[i];
        if (call.reached[i]) {
          if (confirm_ || !call.op->linear_in(static_cast<int>(i))) compare_at(call, i);
        } else if (confirm_ && !call.op->differentiable(static_cast<int>(i)) &&
                   (call.points[i] >= 0 ||
                    (made >= 0 && calls[static_cast<size_t>(made)].carries))) {
          look_for_lost_use(call, i);
        }
      }
    }
    std::vector<RuleCheck> checks;
    for (const auto& key : order_) {
      Row& row = rows_.at(key);
      if (row.compared == 0) {
        row.check.verdict = Verdict::inconclusive;
        row.check.diagnosis =
            row.on_kink ? "not compared: on kinks at every call"
                        : "not compared: zero, hidden by rounding or not finite at every call";
      }
      checks.push_back(row.check);
    }
    return checks;
  }

 private:
  using Key = std::pair<std::string, int>;
  struct Row {
    RuleCheck check;
    Index compared = 0;
    bool on_kink = false;
  };

  Row& row_of(const ReplayCall& call, size_t input) {
    const std::string op(call.op->name());
    const Key key(op, of_many_.contains(op) ? RuleCheck::kEvery : static_cast<int>(input));
    const auto [found, fresh] = rows_.try_emplace(key);
    if (fresh) {
      order_.push_back(key);
      found->second.check.op = key.first;
      found->second.check.input = key.second;
    }
    ++found->second.check.calls;
    return found->second;
  }

  void compare_at(const ReplayCall& call, size_t input) {
    Row& row = row_of(call, input);
    const LocalCall local(subject_.context(), call, input);
    RuleComparison comparison{local, options_,
                              normal_array(call.output.type(), options_.seed, ++stream_),
                              normal_array(local.x().type(), options_.seed, ++stream_)};
    comparison.run(confirm_);
    row.check.against = comparison.against;
    row.on_kink = row.on_kink || comparison.on_kink;
    if (comparison.agreement == Agreement::hidden) return;
    const bool first = row.compared++ == 0;
    const bool fails = comparison.agreement == Agreement::disagrees;
    if (row.check.verdict == Verdict::failed) return;  // the first call that fails is described
    if (first || fails || !(comparison.error <= row.check.worst)) {
      row.check.worst = comparison.error;
      row.check.where = call.label;
    }
    if (!fails) return;
    row.check.verdict = Verdict::failed;
    row.check.diagnosis = comparison.diagnosis.empty()
                              ? local.diagnosis(comparison.v, comparison.xbar, options_.seed)
                              : comparison.diagnosis;
  }

  void look_for_lost_use(const ReplayCall& call, size_t input) {
    if (!has_slope(LocalCall(subject_.context(), call, input), options_.seed)) return;
    Row& row = row_of(call, input);
    const int made = call.makers[input];
    const std::string value =
        made < 0
            ? subject_.name(static_cast<size_t>(call.points[input]))
            : "the result of " + name_of_call(subject_.replay().calls()[static_cast<size_t>(made)]);
    ++row.compared;
    row.check.against = "differences";
    row.check.where = call.label;
    row.check.verdict = Verdict::failed;
    row.check.diagnosis =
        text::concat("a term of the gradient is lost: y changes with this input, ", value,
                     ", but the op says that it has no derivative there (Op::differentiable)");
  }

  Subject& subject_;
  const CheckGradOptions& options_;
  bool confirm_;
  std::set<std::string> of_many_;
  std::map<Key, Row> rows_;
  std::vector<Key> order_;
  std::uint64_t stream_ = stream_of("check/rules");
};

}  // namespace

std::vector<RuleCheck> check_rules(Subject& subject, const CheckGradOptions& options,
                                   bool confirm) {
  return Rows(subject, options, confirm).run();
}

}  // namespace autonet::internal
