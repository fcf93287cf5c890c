#include "check/rules.h"

#include <map>
#include <string>
#include <utility>

#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "check/limits.h"
#include "check/vectors.h"
#include "ops/recognize.h"

namespace autonet::internal {
namespace {

using text::concat;

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
    const auto calls = subject_.replay->calls();
    for (const ReplayCall& call : calls) {
      for (size_t i = 0; i < call.inputs.size() && !options_.stopped(); ++i) {
        if (call.inputs[i].size() == 0) continue;
        const int made = call.makers[i];
        const bool moves =
            call.points[i] >= 0 || (made >= 0 && calls[static_cast<size_t>(made)].carries);
        if (call.reached[i]) {
          if (confirm_ || !as_conv2d(*call.op)) compare_at(call, i);
        } else if (confirm_ && moves && !call.op->differentiable(static_cast<int>(i))) {
          look_for_lost_use(call, i);
        }
      }
    }
    std::vector<RuleCheck> checks;
    for (const auto& [op, input] : order_) {
      RuleCheck& check = rows_.at({op, input}).check;
      const bool some = rows_.at({op, input}).agreed > 0;
      if (check.verdict == Verdict::inconclusive && some && check.against != "differences") {
        check.verdict = Verdict::passed;
        check.diagnosis.clear();
      }
      checks.push_back(check);
    }
    return checks;
  }

 private:
  struct Row {
    RuleCheck check;
    Index agreed = 0;  // calls
  };

  Row& row_of(const ReplayCall& call, size_t input) {
    // Ops of any number of inputs (sums, joins) treat them all alike.
    const bool many = call.op->arity() == Op::kVariadic;
    const std::pair key(std::string(call.op->name()),
                        many ? RuleCheck::kEvery : static_cast<int>(input));
    const auto [found, fresh] = rows_.try_emplace(key, Row{{.op = key.first, .input = key.second}});
    if (fresh) order_.push_back(key);
    ++found->second.check.calls;
    return found->second;
  }

  void compare_at(const ReplayCall& call, size_t input) {
    Row& row = row_of(call, input);
    RuleCheck& check = row.check;
    const RuleComparison found = compare_rule({subject_.context, call, static_cast<int>(input)},
                                              options_, stream_ += 2, confirm_);
    check.kinks += found.kinks;
    if (check.verdict == Verdict::failed) return;  // the first call that fails is described
    if (found.agreement == Agreement::hidden) {
      if (check.against.empty()) check.against = found.against;
      check.verdict = Verdict::inconclusive;
      check.diagnosis = found.diagnosis;
      return;
    }
    const bool fails = found.agreement == Agreement::disagrees;
    if (row.agreed++ == 0 || fails || !(found.error <= check.worst)) {
      check.against = found.against;
      check.worst = found.error;
      check.where = call.label;
    }
    if (!fails) return;
    check.verdict = Verdict::failed;
    check.diagnosis = found.diagnosis;
  }

  void look_for_lost_use(const ReplayCall& call, size_t input) {
    if (!has_slope(LocalCall{subject_.context, call, static_cast<int>(input)}, options_.seed))
      return;
    RuleCheck& check = row_of(call, input).check;
    const int made = call.makers[input];
    const std::string value =
        made < 0
            ? subject_.names[static_cast<size_t>(call.points[input])]
            : "the result of " + name_of_call(subject_.replay->calls()[static_cast<size_t>(made)]);
    check.against = "differences";
    check.where = call.label;
    check.verdict = Verdict::failed;
    check.diagnosis =
        concat("a term of the gradient is lost: y changes with this input, ", value,
               ", but the op says that it has no derivative there (Op::differentiable)");
  }

  Subject& subject_;
  const CheckGradOptions& options_;
  bool confirm_;
  std::map<std::pair<std::string, int>, Row> rows_;
  std::vector<std::pair<std::string, int>> order_;
  std::uint64_t stream_ = stream_of("check/rules");
};

}  // namespace

std::vector<RuleCheck> check_rules(Subject& subject, const CheckGradOptions& options,
                                   bool confirm) {
  return Rows(subject, options, confirm).run();
}

}  // namespace autonet::internal
