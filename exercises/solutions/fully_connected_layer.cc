// A solution of exercise 2.
#include "exercises/layers.h"

namespace exercise {

Array fully_connected_forward(const Array& x, const Array& w, const Array& b) {
  Array y = zeros({x.shape()[0], w.shape()[1]});
  for (Index n = 0; n < x.shape()[0]; ++n) {
    for (Index o = 0; o < w.shape()[1]; ++o) {
      double sum = b.at({o});
      for (Index i = 0; i < w.shape()[0]; ++i) sum += x.at({n, i}) * w.at({i, o});
      y.set({n, o}, sum);
    }
  }
  return y;
}

Gradients fully_connected_backward(const Array& x, const Array& w, const Array& ybar) {
  Gradients bars = {zeros(x.shape()), zeros(w.shape()), zeros({w.shape()[1]})};
  for (Index n = 0; n < x.shape()[0]; ++n) {
    for (Index o = 0; o < w.shape()[1]; ++o) {
      const double bar = ybar.at({n, o});
      for (Index i = 0; i < w.shape()[0]; ++i) {
        bars.xbar.set({n, i}, bars.xbar.at({n, i}) + bar * w.at({i, o}));
        bars.wbar.set({i, o}, bars.wbar.at({i, o}) + bar * x.at({n, i}));
      }
      bars.bbar.set({o}, bars.bbar.at({o}) + bar);
    }
  }
  return bars;
}

}  // namespace exercise
