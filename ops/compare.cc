#include "autonet/ops/compare.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "ops/families.h"

namespace autonet {

Var where(Var condition, Var a, Var b) {
  if (condition.dtype() != a.dtype() || a.dtype() != b.dtype()) {
    throw Error(text::concat("where: needs three arrays of one dtype; condition ", condition.type(),
                             ", a ", a.type(), ", b ", b.type()));
  }
  broadcast_shapes(condition.shape(), broadcast_shapes(a.shape(), b.shape(), "where"), "where");
  return internal::record<internal::Masked>(condition, a, 1.0) +
         internal::record<internal::Masked>(condition, b, 0.0);
}

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
  return {{"not_equal",
           "y = 1 where a and b differ, else 0",
           {{"ties", {whole, whole}, [](auto in) { return not_equal(in[0], in[1]); }}}},
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
