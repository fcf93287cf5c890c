#pragma once

#include <cstdint>
#include <functional>

#include "autograd/array.h"
#include "ops/elementwise.h"

namespace autonet::internal {

// What Op::complex_step and Op::choices of the ops here are made of.

/// The imaginary step h. Far below 1e-8, so that h^2 vanishes beside 1 and the slope Im f(x + ih)/h
/// has no truncation error; far above the smallest number, so that products of it stay exact.
constexpr double kComplexStep = 0x1p-200;

/// A fingerprint of the signs of x's elements, each -1, 0 or 1.
std::uint64_t fingerprint_of_signs(const Array& x);
/// A fingerprint of x's numbers, bit by bit.
std::uint64_t fingerprint_of_numbers(const Array& x);

/// Each element's own position in x, up to a period that a number of x's type counts exactly: what
/// a routine that selects elements gives back as its choice.
Array positions_in(const ArrayType& x);

/// out[k] = slope(k) for each element of `type`, in row-major order.
Array array_of(const ArrayType& type, const std::function<double(std::size_t)>& slope);

}  // namespace autonet::internal
