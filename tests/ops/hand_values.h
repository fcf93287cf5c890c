#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

#include "autonet/autograd/tape.h"

// For tests of values worked out by hand.
namespace autonet {

using Numbers = std::vector<double>;

struct Fixture {
  Tape tape;
  Var of(const Shape& shape, std::initializer_list<double> values) {
    return tape.variable(Array::from<double>(shape, values));
  }
  Var counted(const Shape& shape) {
    Array array = Array::uninitialized({shape, DType::f64});
    for (Index i = 0; i < array.size(); ++i) array.data<double>()[i] = static_cast<double>(i);
    return tape.variable(array);
  }
};

inline Numbers numbers(Var y) {
  return y.value().to_vector();
}

inline void check_close(Var y, const Numbers& expected) {
  const Numbers got = numbers(y);
  REQUIRE(got.size() == expected.size());
  for (size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]));
}

}  // namespace autonet
