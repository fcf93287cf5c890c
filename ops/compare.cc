#include "autonet/ops/compare.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "ops/families.h"

namespace autonet {

Var clip(Var x, double low, double high) {
  if (!(low <= high)) {
    throw Error(text::concat("clip: low must be at most high, got ", low, " and ", high));
  }
  return minimum(maximum(x, low), high);
}

std::vector<OpInfo> internal::compare_ops() {
  const InputSpec a{{3, 5}, -1, 1, InputSpec::Kind::distinct};
  const InputSpec b{{5}, -0.97, 1.03, InputSpec::Kind::distinct};
  const InputSpec whole{{3, 5}, 0, 2, InputSpec::Kind::integer};
  const auto comparison = [&](const char* name, const char* formula, Var (*compare)(Var, Var)) {
    const auto record = [=](auto in) { return compare(in[0], in[1]); };
    return OpInfo{name, formula, {{"ties", {whole, whole}, record}}};
  };
  return {comparison("less", "y = 1 where a < b, else 0", less),
          comparison("less_equal", "y = 1 where a <= b, else 0", less_equal),
          comparison("not_equal", "y = 1 where a and b differ, else 0", not_equal),
          {"where",
           "y = a where the condition is not 0, else b",
           {{"a comparison",
             {a, b},
             [](auto in) { return where(greater(in[0], in[1]), in[0] * in[0], in[1]); }}}},
          {"clip", "y = min(max(x, low), high)", {{"both limits", {a}, [](auto in) {
                                                     return clip(in[0], -0.52, 0.31);
                                                   }}}}};
}

}  // namespace autonet
