// The claim that every row of a call is what that row alone gives.
#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "autonet/text/concat.h"
#include "check/attempt.h"
#include "check/claims.h"
#include "check/difference.h"
#include "check/limits.h"
#include "check/tangent.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// The inputs that have a row for each row of the result, as a choice: bit i for input i.
using Aligned = unsigned;

/// A call whose result has rows, along axis 0.
class Rows {
 public:
  Rows(const ReplayCall& call, Context& context)
      : call_(call), context_(context), count_(call.output.shape()[0]) {}

  Index count() const { return count_; }

  /// The choices of inputs with so many rows for which a call on one row gives one row, the choice
  /// of all of them first. Inputs may have so many rows by chance, as the weights of a layer with
  /// as many inputs as the batch has images.
  std::vector<Aligned> candidates() const {
    Aligned all = 0;
    for (size_t i = 0; i < call_.inputs.size() && i < 8; ++i) {
      const Array& x = call_.inputs[i];
      if (x.rank() > 0 && x.shape()[0] == count_) all |= 1U << i;
    }
    std::vector<Aligned> found;
    for (Aligned some = all; some > 0; some = (some - 1) & all) {
      error_of([&] {
        std::vector<ArrayType> types;
        for (const Array& x : part(some, 0, 1)) types.push_back(x.type());
        if (call_.op->infer(types) == row(call_.output, 0, 1).type()) found.push_back(some);
      });
    }
    return found;
  }

  /// True if rows do not depend on the inputs of other rows: where all inputs of every second row
  /// are replaced by those of another row, most of the others keep their bits. Not all, as a
  /// mistake in one row is what the check is for.
  bool are_independent(Aligned aligned) const {
    Index kept = 0;
    error_of([&] {
      std::vector<Array> inputs = call_.inputs;
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (!has(aligned, i)) continue;
        inputs[i] = inputs[i].clone();
        for (Index r = 1; r < count_; r += 2)
          row(inputs[i], r, 1).copy_from(row(call_.inputs[i], count_ - 1 - r, 1));
      }
      const Array y = compute(*call_.op, inputs, call_.output.type(), context_);
      for (Index r = 0; r < count_; r += 2)
        kept += norm(moved(row(y, r, 1), row(call_.output, r, 1), -1.0)) == 0.0 ? 1 : 0;
    });
    return 4 * kept > count_;
  }

  /// For each row its error against the call on that row alone, relative; infinite where that call
  /// is refused or gives a number that is not finite. More than kMostRows rows are computed in that
  /// many groups instead, in which a row has another place than in the whole.
  std::vector<double> errors(Aligned aligned) const {
    constexpr Index kMostRows = 4096;
    const Index step = (count_ + kMostRows - 1) / kMostRows;
    std::vector<double> errors(static_cast<size_t>(count_), HUGE_VAL);
    for (Index first = 0; first < count_; first += step) {
      const Index length = std::min(step, count_ - first);
      error_of([&] {
        const Array whole = row(call_.output, first, length);
        const Array alone =
            compute(*call_.op, part(aligned, first, length), whole.type(), context_);
        for (Index k = 0; k < length; ++k) {
          const Array one = row(alone, k, 1);
          const double off = norm(moved(one, row(whole, k, 1), -1.0));
          if (std::isfinite(off))
            errors[static_cast<size_t>(first + k)] = off == 0.0 ? 0.0 : off / norm(one);
        }
      });
    }
    return errors;
  }

 private:
  static bool has(Aligned aligned, size_t i) { return i < 8 && (aligned >> i & 1U) != 0; }
  static Array row(const Array& x, Index first, Index length) { return x.slice(0, first, length); }
  /// The inputs of some rows.
  std::vector<Array> part(Aligned aligned, Index first, Index length) const {
    std::vector<Array> inputs = call_.inputs;
    for (size_t i = 0; i < inputs.size(); ++i)
      if (has(aligned, i)) inputs[i] = row(inputs[i], first, length);
    return inputs;
  }

  const ReplayCall& call_;
  Context& context_;
  Index count_;
};

bool agrees(double error) {
  return error <= kRuleBound;
}

/// The errors of the rows, where the call treats rows by themselves: its first three rows, or more
/// than half of all, are what each alone gives. Else nothing: the results may depend on the number
/// of rows, as the gradient of a mean does.
std::optional<std::vector<double>> errors_of_rows(const ReplayCall& call, Context& context) {
  const Rows rows(call, context);
  for (const Aligned aligned : rows.candidates()) {
    if (!rows.are_independent(aligned)) continue;
    const std::vector<double> errors = rows.errors(aligned);
    const Index right = std::ranges::count_if(errors, agrees);
    if (std::ranges::all_of(std::span(errors).first(3), agrees) || 2 * right > rows.count())
      return errors;
  }
  return std::nullopt;
}

}  // namespace

ClaimCheck check_rows(Subject& subject) {
  ClaimCheck check{.name = "rows",
                   .claim = "every row of a call is as that row alone gives",
                   .bound = kRuleBound};
  for (const ReplayCall& call : subject.replay->calls()) {
    const Index count = call.output.rank() > 0 ? call.output.shape()[0] : 0;
    if (count < 4 || call.output.size() == 0 || call.is_view) continue;
    const auto errors = errors_of_rows(call, subject.context);
    if (!errors) continue;
    ++check.compared;
    const auto worst = std::ranges::max_element(*errors);
    check.worst = worse(check.worst, *worst);
    if (agrees(*worst) || check.verdict == Verdict::failed) continue;
    const Index wrong = count - std::ranges::count_if(*errors, agrees);
    const auto first = std::ranges::find_if_not(*errors, agrees) - errors->begin();
    check.fail(text::concat(
        name_of_call(call), ": row ", first, " of ", count, " is not what that row alone gives",
        wrong > 1 ? text::concat(", nor are ", wrong - 1, " others") : std::string()));
  }
  return check;
}

}  // namespace autonet::internal
