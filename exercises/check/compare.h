#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "exercises/layers.h"

namespace exercise {

/// A layer of the library, without its bias.
using Op = std::function<autonet::Var(autonet::Var x, autonet::Var w)>;
using Backward = std::function<Gradients(const Array& x, const Array& w, const Array& ybar)>;

/// Random numbers for a layer, and what the library computes from them.
struct Example {
  Array x, w, b, y, ybar;
  Gradients bars;
};

/// b has the length of the last axis of w.
Example example_of(const Op& op, const Shape& x, const Shape& w, autonet::Random& random);

/// op(x, w) + b
Array y_of(const Op& op, const Array& x, const Array& w, const Array& b);

/// The library's gradients of the sum of ybar · (op(x, w) + b).
Gradients gradients_of(const Op& op, const Example& example, const Array& ybar);

/// A wrong result that is recognised, and what to do about it.
struct Suspect {
  Array value;
  std::string advice;
};

/// Empty if `got` is `expected`, else lines that say what is wrong.
std::string compare(const std::string& name, const Array& got, const Array& expected,
                    const std::vector<Suspect>& suspects);

/// Empty if the backward pass agrees with differences of the library's forward pass, else the
/// report of check_gradient().
std::string differences(const Op& op, const Backward& backward, const Example& example);

}  // namespace exercise
